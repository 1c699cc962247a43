"""Measures the pitch trackers, note segmentation and alignment on sounds with a truth.

Synthetic notes of five timbres with vibrato in noise at 20 dB, and a General MIDI sound
font without reverb and chorus, whose alternate notes are rendered apart: a frame is
judged where its own note is 10 dB above the rest, and an onset is where a note first
outsounds the one before. Gross errors are more than 50 cents.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch
from musegen.midi_ddsp.analysis.segmentation import segment_notes
from musegen.midi_ddsp.dsp.loudness import loudness_db
from musegen.midi_ddsp.notes import PlayedNote

SAMPLE_RATE_HZ = 16000
FONT_RATE_HZ = 44100
HOP_SAMPLES = 64
GROSS_CENTS = 50.0
ROW = "{:<20}{:<14}{:>9}{:>8}{:>9}{:>9}{:>9}{:>8}"
TIMBRES: dict[str, Callable[[int], float]] = {
    "bright": lambda k: 1 / k,
    "dull": lambda k: k**-2.5,
    "sine": lambda k: float(k == 1),
    "odd": lambda k: 1 / k if k % 2 else 0.03,
    "weak first": lambda k: {1: 0.1, 2: 1.0, 3: 0.5}.get(k, 1 / k),
}
RANGES_HZ = {"60-220": (60, 220), "220-900": (220, 900), "900-3000": (900, 3000)}
INSTRUMENTS = {
    "violin": (40, 55, 93),
    "flute": (73, 60, 96),
    "cello": (42, 36, 72),
    "clarinet": (71, 50, 86),
    "alto sax": (65, 49, 80),
    "bassoon": (70, 34, 70),
    "contrabass": (43, 28, 55),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Audio at 16 kHz with its truth: f0 [T], which frames are judged, notes."""

    audio: NDArray[np.float32]
    f0_hz: NDArray[np.float64]
    judged: NDArray[np.bool_]
    notes: list[PlayedNote]
    audible_s: list[float]


def synthetic(name: str, low_hz: float, high_hz: float, *, seconds: float) -> Sound:
    """Random notes of one timbre with vibrato, in white noise at 20 dB."""
    generator = np.random.default_rng([1, *name.encode(), int(low_hz)])
    size = int(seconds * SAMPLE_RATE_HZ)
    frequency, amplitude = np.zeros(size), np.zeros(size)
    notes, start = [], 0.2
    while start < seconds - 0.4:
        length = min(generator.uniform(0.2, 1.0), seconds - 0.1 - start)
        pitch = 69 + 12 * np.log2(generator.uniform(low_hz, high_hz) / 440)
        time_s = np.arange(int(length * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        depth = generator.uniform(20, 60) * np.clip((time_s - 0.1) / 0.1, 0, 1)
        cents = depth * np.sin(2 * np.pi * generator.uniform(4.5, 7) * time_s)
        first = int(start * SAMPLE_RATE_HZ)
        span = slice(first, first + len(time_s))
        frequency[span] = 440 * 2 ** ((round(pitch) - 69) / 12 + cents / 1200)
        edges = np.minimum(1, time_s / 0.02) * np.clip((length - time_s) / 0.03, 0, 1)
        amplitude[span] = edges * 10 ** (generator.uniform(-12, 0) / 20)
        notes.append(_note(round(float(pitch)), start, start + length))
        start += length + generator.uniform(0.1, 0.3) * (generator.uniform() < 0.3)
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE_HZ
    audio = np.zeros(size)
    for k in range(1, 13):
        level = np.where(k * frequency < 7600, TIMBRES[name](k), 0)
        audio += level * np.sin(k * phase + generator.uniform(0, 6))
    audio *= amplitude
    power = np.mean(audio[amplitude > 0] ** 2)
    audio += generator.standard_normal(size) * np.sqrt(power / 100)
    audio *= 0.1 / np.sqrt(power)
    return Sound(
        audio=audio.astype(np.float32),
        f0_hz=frequency[::HOP_SAMPLES],
        judged=amplitude[::HOP_SAMPLES] > 0.05,
        notes=notes,
        audible_s=[note.onset_s for note in notes],
    )


def rendered(
    name: str, font: Path, *, seconds: float, seed: int = 3, largest_step: int = 127
) -> Sound:
    """Random notes of an instrument of a sound font, half of them with vibrato."""
    program, low, high = INSTRUMENTS[name]
    generator = np.random.default_rng(seed)
    notes: list[PlayedNote] = []
    bends: list[NDArray[np.float64]] = []
    start, pitch = 0.2, int(generator.integers(low, high + 1))
    while start < seconds - 1.2:
        length = generator.uniform(0.2, 1.0)
        least, most = max(low, pitch - largest_step), min(high, pitch + largest_step)
        choices = [p for p in range(least, most + 1) if p != pitch]
        pitch = int(generator.choice(choices))
        time_s = np.arange(int(length * 250)) / 250
        depth = generator.uniform(15, 50) * (generator.uniform() < 0.5)
        turn = np.sin(2 * np.pi * generator.uniform(4.5, 6.5) * time_s)
        bends.append(depth * np.clip((time_s - 0.15) / 0.15, 0, 1) * turn)
        notes.append(_note(pitch, start, start + length))
        start += length + generator.uniform(0.1, 0.4) * (generator.uniform() < 0.1)
    stems = [
        _stem(program, font, notes[part::2], bends[part::2], seconds)
        for part in range(2)
    ]
    return _with_truth(stems, notes, bends)


def _note(pitch: int, onset_s: float, offset_s: float) -> PlayedNote:
    return PlayedNote(pitch=pitch, onset_s=float(onset_s), offset_s=float(offset_s))


def _stem(
    program: int,
    font: Path,
    notes: Sequence[PlayedNote],
    bends: Sequence[NDArray[np.float64]],
    seconds: float,
) -> NDArray[np.float32]:
    import fluidsynth
    import soxr

    synth = fluidsynth.Synth(samplerate=float(FONT_RATE_HZ), gain=0.5)
    synth.setting("synth.reverb.active", 0)
    synth.setting("synth.chorus.active", 0)
    synth.program_select(0, synth.sfload(str(font)), 0, program)
    events: list[tuple[float, Callable[[], Any]]] = []
    for note, bend in zip(notes, bends, strict=True):
        key = note.pitch
        events.append((note.onset_s, lambda key=key: synth.noteon(0, key, 90)))
        events.append((note.offset_s, lambda key=key: synth.noteoff(0, key)))
        for index, cents in enumerate(bend):
            value = round(cents / 200 * 8192)
            moment = note.onset_s + index / 250
            events.append((moment, lambda value=value: synth.pitch_bend(0, value)))
    parts, position = [], 0
    for moment, act in [*sorted(events, key=lambda event: event[0]), (seconds, None)]:
        sample = round(moment * FONT_RATE_HZ)
        if sample > position:
            parts.append(synth.get_samples(sample - position))
            position = sample
        if act is not None:
            act()
    synth.delete()
    mono = np.concatenate(parts).reshape(-1, 2).mean(axis=1) / 32768
    return soxr.resample(mono, FONT_RATE_HZ, SAMPLE_RATE_HZ).astype(np.float32)


def _with_truth(
    stems: list[NDArray[np.float32]],
    notes: list[PlayedNote],
    bends: list[NDArray[np.float64]],
) -> Sound:
    num_frames = -(-len(stems[0]) // HOP_SAMPLES)
    levels = []
    for stem in stems:
        power = np.convolve(stem**2, np.hanning(512) / 256, "same")
        levels.append(np.sqrt(power[::HOP_SAMPLES] + 1e-14))
    references = [
        track_known_pitch(stem, SAMPLE_RATE_HZ, notes[part::2])
        for part, stem in enumerate(stems)
    ]
    f0_hz = np.zeros(num_frames)
    judged = np.zeros(num_frames, bool)
    audible_s = []
    for index, note in enumerate(notes):
        span = slice(round(note.onset_s * 250), round(note.offset_s * 250))
        own, other = levels[index % 2][span], levels[1 - index % 2][span]
        f0_hz[span] = references[index % 2].f0_hz[span]
        judged[span] = (own > other * 10**0.5) & (own > 0.01 * max(map(np.max, levels)))
        heard = np.flatnonzero((own > other) & (own > own.max() * 10**-1.5))
        first = span.start + int(heard[0]) if len(heard) else span.start
        audible_s.append(max(note.onset_s, first / 250))
    return Sound(
        audio=(stems[0] + stems[1]).astype(np.float32),
        f0_hz=f0_hz,
        judged=judged,
        notes=notes,
        audible_s=audible_s,
    )


def swift_raw(audio: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """swift-f0 alone, the nearest of its frames."""
    import swift_f0

    result = swift_f0.SwiftF0(threads=1, spin=False).detect(audio, SAMPLE_RATE_HZ)
    num_frames = -(-len(audio) // HOP_SAMPLES)
    index = np.round(np.arange(num_frames) / 4).astype(int)
    index = np.minimum(index, len(result.pitch_hz) - 1)
    return result.pitch_hz[index], result.confidence[index] >= 0.5


def swift_refined(audio: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """swift-f0 with our refinement by phases."""
    from musegen.midi_ddsp.analysis.pitch_refinement import refine_long
    from musegen.midi_ddsp.analysis.pitch_tracking import PASSES

    coarse, voiced = swift_raw(audio)
    stretch = np.cumsum(np.abs(np.diff(np.log2(coarse), prepend=0)) > 0.07)
    return refine_long(audio, coarse, stretch, PASSES)[0], voiced


def shipped(audio: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """What `track_pitch` does."""
    track = track_pitch(audio, SAMPLE_RATE_HZ)
    return track.f0_hz, track.voiced


TRACKERS = {"swift": swift_raw, "swift refined": swift_refined, "shipped": shipped}


def measure(sound: Sound, tracker: str) -> dict[str, float]:
    """Errors of a tracker on a sound, and its speed."""
    started = time.process_time()
    f0_hz, voiced = TRACKERS[tracker](sound.audio)
    taken = time.process_time() - started
    cents = 1200 * np.abs(np.log2(np.maximum(f0_hz, 1) / np.maximum(sound.f0_hz, 1)))
    both = sound.judged & voiced
    return {
        "median_cents": float(np.median(cents[both])),
        "p90_cents": float(np.quantile(cents[both], 0.9)),
        "gross_percent": 100 * float(np.mean(cents[both] > GROSS_CENTS)),
        "gross_all_percent": 100 * float(np.mean(cents[sound.judged] > GROSS_CENTS)),
        "recall_percent": 100 * float(np.mean(voiced[sound.judged])),
        "real_time": len(sound.audio) / SAMPLE_RATE_HZ / taken,
    }


def onset_score(sound: Sound) -> dict[str, float]:
    """Precision, recall and F1 of the notes: right pitch, onset within 50 ms."""
    track = track_pitch(sound.audio, SAMPLE_RATE_HZ)
    found = segment_notes(track, loudness_db(sound.audio))
    left, hits = list(found), 0
    for note, onset_s in zip(sound.notes, sound.audible_s, strict=True):
        near = [
            other
            for other in left
            if other.pitch == note.pitch and abs(other.onset_s - onset_s) <= 0.05
        ]
        if near:
            left.remove(min(near, key=lambda other: abs(other.onset_s - onset_s)))
            hits += 1
    return {
        "precision": hits / max(len(found), 1),
        "recall": hits / len(sound.notes),
        "f1": 2 * hits / (len(found) + len(sound.notes)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--font", type=Path, help="a General MIDI sound font (.sf2)")
    parser.add_argument("--seconds", type=float, default=40, help="of each sound")
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    options = parser.parse_args(arguments)
    sounds = {
        f"{timbre} {name}": synthetic(timbre, low, high, seconds=options.seconds / 2)
        for timbre in TIMBRES
        for name, (low, high) in RANGES_HZ.items()
    }
    results: dict[str, Any] = {"pitch": {}, "onsets": {}}
    if options.font is not None:
        for name in INSTRUMENTS:
            sounds[name] = rendered(name, options.font, seconds=options.seconds)
    columns = ("median", "p90", "gross %", "all %", "recall", "x")
    print(ROW.format("sound", "tracker", *columns))
    for name, sound in sounds.items():
        for tracker in TRACKERS:
            found = measure(sound, tracker)
            results["pitch"].setdefault(name, {})[tracker] = found
            print(ROW.format(name, tracker, *(f"{v:.2f}" for v in found.values())))
    for name in INSTRUMENTS if options.font is not None else ():
        sound = rendered(
            name, options.font, seconds=options.seconds, seed=7, largest_step=5
        )
        results["onsets"][name] = onset_score(sound)
        print(f"{name:<20}", results["onsets"][name])
    if options.output is not None:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(results, indent=1)
        options.output.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
