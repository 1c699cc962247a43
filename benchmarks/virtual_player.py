"""Measures how truly the virtual player plays what it says it plays.

For each instrument some tunes, played and listened to: pitch of the audio against the
label (cents, by the note-known tracker, inside notes), vibrato asked and obtained,
level asked and obtained (dB), peak position, how the spectral centroid goes with level
once pitch and brightness are accounted for (octaves a 10 dB), onsets (ms), the largest
roughness at joins against that inside notes, how much of the sound repeats only after
two periods of the label, an octave below it (%), and speed (CPU time, one thread).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import PitchRangeError
from musegen.engine.seeds import generator
from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.instruments import Instrument, instrument_named
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, SAMPLE_RATE_HZ, midi_to_hz
from musegen.midi_ddsp.player.performance import NoteExpression, Performance
from musegen.midi_ddsp.player.playing import play
from musegen.midi_ddsp.player.straightening import smoothed
from musegen.midi_ddsp.player.tunes import FIDDLE_BOOKS, arrange, iterate_tunes

FloatArray = NDArray[np.float64]

INSTRUMENTS = (
    "violin,viola,cello,flute,oboe,alto saxophone,tenor saxophone,bassoon,clarinet,"
    "trumpet,horn,trombone"
)
HOP = round(SAMPLE_RATE_HZ / FRAME_RATE_HZ)
QUIET_DB, CLEAR_DB = -60.0, 10.0  # least level, and least distance to the noise
OCTAVE_STEP_FRAMES = 5
OCTAVE_MARGIN = 0.15  # of a correlation
COLUMNS = (
    "cents",
    "p95",
    "vib r",
    "vib x",
    "rate r",
    "dB",
    "p95",
    "vol r",
    "peak r",
    "oct/10dB",
    "onset",
    "p95",
    "joins",
    "below",
    "peak",
    "speed",
)


def perform(instrument: Instrument, *, style: str, tunes: int) -> list[Performance]:
    """Return some tunes, 20 s each, as an instrument plays them."""
    made: list[Performance] = []
    for tune in islice(iterate_tunes(seed=0, collections=FIDDLE_BOOKS), 50 * tunes):
        try:
            notes = arrange(
                tune, instrument, rng=generator(0, tune.source), longest_s=20.0
            )
        except PitchRangeError:
            continue
        made.append(play(notes, instrument, style=style, seed=len(made)))
        if len(made) == tunes:
            break
    return made


def level_of(audio: NDArray[np.float32], *, window_s: float) -> FloatArray:
    """Return RMS [T] in dB full scale."""
    power = smoothed(np.square(audio, dtype=np.float64), window_s * SAMPLE_RATE_HZ)
    level: FloatArray = 10.0 * np.log10(power[::HOP] + 1e-12)
    return level


def vibrato_of(cents: FloatArray) -> tuple[float, float]:
    """Return extent and rate of the strongest swing of a pitch curve [n]."""
    window = np.hanning(len(cents))
    swing = np.abs(np.fft.rfft((cents - cents.mean()) * window, 8192))
    rates = np.arange(len(swing)) * FRAME_RATE_HZ / 8192
    best = int(np.argmax(np.where((rates > 3.0) & (rates < 9.0), swing, 0.0)))
    return float(2.0 * swing[best] / window.sum()), float(rates[best])


def repeats_after(audio: NDArray[np.float32], start: int, period: float) -> float:
    """Return how alike two stretches of two periods are, `period` samples apart."""
    width = round(2.0 * period)
    here = audio[start : start + width].astype(np.float64)
    best = -1.0
    for lag in (int(period), int(period) + 1):
        there = audio[start + lag : start + lag + width].astype(np.float64)
        energy = np.dot(here, here) * np.dot(there, there)
        best = max(best, float(np.dot(here, there) / np.sqrt(energy + 1e-20)))
    return best


class Findings:
    """What has been heard so far, of one instrument."""

    def __init__(self) -> None:
        self.cents: list[FloatArray] = []
        self.level_error: list[FloatArray] = []
        self.vibrato: list[tuple[float, float, float, float]] = []
        self.volume: list[tuple[float, float]] = []
        self.peak: list[tuple[float, float]] = []
        self.colour: list[tuple[float, float, float, float]] = []
        self.onset_ms: list[float] = []
        self.joins: list[float] = []
        self.is_below: list[bool] = []

    def listen(self, performance: Performance) -> None:
        """Measure one performance, note by note."""
        audio = performance.audio
        self._hear_octave(performance)
        track = track_known_pitch(audio, SAMPLE_RATE_HZ, performance.notes).f0_hz
        level = level_of(audio, window_s=0.04)
        for index, (note, item) in enumerate(
            zip(performance.notes, performance.expression, strict=True)
        ):
            first, last = (round(x * 250) for x in (note.onset_s, note.offset_s))
            inside = slice(first + 20, last - 10)
            if last - first < 40:
                continue
            wanted = performance.f0_hz[inside]
            self.cents.append(1200.0 * np.log2(np.maximum(track[inside], 1) / wanted))
            self.level_error.append(level[inside] - performance.level_db[inside])
            self.volume.append((item.volume_db, float(level[first:last].max())))
            if item.rise_db + item.fall_db > 3.0:
                place = float(np.argmax(level[first:last]) / (last - first))
                self.peak.append((item.peak_position, place))
            grown = first + round(
                250 * (item.vibrato_delay_s + item.vibrato_growth_s + 0.02)
            )
            if item.vibrato_extent_cents > 0.0 and last - 8 - grown > 100:
                part = track[grown : last - 8] / midi_to_hz(note.pitch)
                heard = vibrato_of(1200.0 * np.log2(part))
                asked = (item.vibrato_extent_cents, item.vibrato_rate_hz)
                self.vibrato.append((asked[0], heard[0], asked[1], heard[1]))
            self._hear_colour(audio[first * HOP : last * HOP], note.pitch, item)
            before = performance.notes[index - 1].offset_s if index else -1.0
            self._hear_beginning(
                performance, index, is_alone=note.onset_s > before + 0.2
            )

    def _hear_octave(self, performance: Performance) -> None:
        """Count where the sound repeats after two periods, and not after one."""
        audio, f0_hz = performance.audio, performance.f0_hz
        is_clear = performance.level_db > performance.noise_db + CLEAR_DB
        is_clear &= (performance.level_db > QUIET_DB) & (f0_hz > 0.0)
        for frame in np.flatnonzero(is_clear)[::OCTAVE_STEP_FRAMES]:
            period = SAMPLE_RATE_HZ / float(f0_hz[frame])
            start = frame * HOP
            if start + 5.0 * period < len(audio):
                once = repeats_after(audio, start, period)
                twice = repeats_after(audio, start, 2.0 * period)
                self.is_below.append(twice > once + OCTAVE_MARGIN)

    def _hear_beginning(
        self, performance: Performance, index: int, *, is_alone: bool
    ) -> None:
        """Measure the join with the note before, or when the note is first heard."""
        audio = performance.audio
        note, item = performance.notes[index], performance.expression[index]
        start = round(note.onset_s * SAMPLE_RATE_HZ)
        end = round(note.offset_s * SAMPLE_RATE_HZ)
        if item.is_legato:
            half = round(0.5 * item.glide_s * SAMPLE_RATE_HZ)
            rough = np.abs(np.diff(audio[start - half : end].astype(np.float64), 3))
            middle = rough[half + 1280 : -640]
            self.joins.append(float(rough[: 2 * half].max() / max(middle.max(), 1e-9)))
        elif is_alone:
            threshold = 0.02 * 10.0 ** (item.volume_db / 20.0)
            loud = np.flatnonzero(np.abs(audio[start - 480 : start + 1600]) > threshold)
            if len(loud):
                self.onset_ms.append((loud[0] - 480) / SAMPLE_RATE_HZ * 1000.0)

    def _hear_colour(
        self, part: NDArray[np.float32], pitch: int, item: NoteExpression
    ) -> None:
        """Measure where the spectrum of one note has its middle."""
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        hz = np.arange(len(spectrum)) * SAMPLE_RATE_HZ / len(part)
        centroid = np.log2(spectrum @ hz / spectrum.sum())
        level = 10.0 * np.log10(np.mean(np.square(part)) + 1e-12)
        tilt = item.brightness_db_per_octave
        self.colour.append((float(centroid), float(level), float(tilt), float(pitch)))

    def row(self) -> list[str]:
        """Return the figures, as `COLUMNS` names them, without peak and speed."""
        cents = np.abs(np.concatenate(self.cents))
        error = np.abs(np.concatenate(self.level_error))
        vibrato = np.array(self.vibrato) if self.vibrato else np.full((2, 4), np.nan)
        asked, heard, asked_rate, rate = vibrato.T
        colour = np.array(self.colour)
        pitches = colour[:, 3:] == np.unique(colour[:, 3])
        design = np.concatenate([colour[:, 1:3], pitches], axis=1)
        slope = np.linalg.lstsq(design, colour[:, 0], rcond=None)[0][0]
        onsets = np.abs(self.onset_ms)
        return [
            f"{np.median(cents):.2f}",
            f"{np.quantile(cents, 0.95):.1f}",
            f"{np.corrcoef(asked, heard)[0, 1]:.3f}",
            f"{np.median(heard / asked):.2f}",
            f"{np.corrcoef(asked_rate, rate)[0, 1]:.3f}",
            f"{np.median(error):.2f}",
            f"{np.quantile(error, 0.95):.2f}",
            f"{np.corrcoef(np.array(self.volume).T)[0, 1]:.3f}",
            f"{np.corrcoef(np.array(self.peak).T)[0, 1]:.2f}",
            f"{10.0 * slope:+.2f}",
            f"{np.median(onsets):.1f}",
            f"{np.quantile(onsets, 0.95):.1f}",
            f"{np.median(self.joins):.2f}",
            f"{100.0 * np.mean(self.is_below):.2f}",
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instruments", default=INSTRUMENTS, help="names, by commas")
    parser.add_argument("--style", default="romantic")
    parser.add_argument("--tunes", type=int, default=4, help="tunes an instrument")
    options = parser.parse_args(arguments)
    print(f"{'':<16}" + "".join(f"{name:>9}" for name in COLUMNS))
    for name in options.instruments.split(","):
        instrument = instrument_named(name)
        made = perform(instrument, style=options.style, tunes=options.tunes)
        findings = Findings()
        for performance in made:
            findings.listen(performance)
        started = time.process_time()
        again = perform(instrument, style=options.style, tunes=options.tunes)
        taken = time.process_time() - started
        peak = max(float(np.abs(item.audio).max()) for item in made)
        speed = sum(item.duration_s for item in again) / taken
        cells = [*findings.row(), f"{peak:.2f}", f"{speed:.0f}x"]
        print(f"{name:<16}" + "".join(f"{cell:>9}" for cell in cells), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
