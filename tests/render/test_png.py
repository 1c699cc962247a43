from __future__ import annotations

import io
import sys

import numpy as np
import numpy.typing as npt
import pytest

from musegen.data.errors import EmptyScoreError, MissingPackageError
from musegen.data.score import Note, Part, Score
from musegen.render.bar_range import BarRange
from musegen.render.layout import RollLayout, roll_layout
from musegen.render.palette import DRUM_COLOR, VOICE_COLORS
from musegen.render.png import MAX_AREA_PX, MAX_SIDE_PX, png_bytes, png_layout

matplotlib = pytest.importorskip("matplotlib", reason="the extra 'plot'")

TICKS = 24
Pixels = npt.NDArray[np.int64]


def quarters(pitch: int, *, num_quarters: int = 8) -> tuple[Note, ...]:
    return tuple(
        Note(onset=TICKS * i, duration=TICKS, pitch=pitch) for i in range(num_quarters)
    )


def trio(**fields: object) -> Score:
    parts = (
        Part(name="Soprano", notes=quarters(72)),
        Part(name="Kit", notes=quarters(60), is_drum=True),
        Part(name="Bass", notes=quarters(48)),
    )
    defaults: dict[str, object] = {"parts": parts, "title": "Trio"}
    return Score(ticks_per_quarter=TICKS, **(defaults | fields))  # type: ignore[arg-type]


def pixels(data: bytes) -> Pixels:
    """Rows, columns and RGB in 0 to 255."""
    from matplotlib import image

    levels: Pixels = np.rint(image.imread(io.BytesIO(data)) * 255).astype(np.int64)
    return levels[..., :3]


def rgb(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def is_near(pixel: Pixels, color: str, *, tolerance: int = 12) -> bool:
    return bool(np.max(np.abs(pixel - rgb(color))) <= tolerance)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_notes_have_the_color_of_their_voice(scale: float) -> None:
    layout = roll_layout(trio())
    picture = pixels(png_bytes(layout, scale=scale))
    expected = (round(layout.height_px * scale), round(layout.width_px * scale), 3)
    assert picture.shape == expected
    for box in layout.notes:
        x = int((box.x + 0.8 * box.width) * scale)  # right of the name
        y = int((box.y + 0.5 * box.height) * scale)
        assert is_near(picture[y, x], layout.voices[box.voice].color.fill)
    fills = {voice.color.fill for voice in layout.voices}
    assert fills == {VOICE_COLORS[0].fill, DRUM_COLOR.fill, VOICE_COLORS[1].fill}


def left_edge(layout: RollLayout, picture: Pixels, voice: int, scale: float) -> Pixels:
    box = next(box for box in layout.notes if box.voice == voice)
    row = int((box.y + 0.5 * box.height) * scale)
    pixel: Pixels = picture[row, int(np.ceil((box.x + 0.1) * scale))]
    return pixel


def test_given_notes_are_outlined_in_black_and_others_are_not() -> None:
    scale = 4.0
    layout = roll_layout(trio(), given_parts=frozenset({0}))
    picture = pixels(png_bytes(layout, scale=scale))
    assert is_near(left_edge(layout, picture, 0, scale), "#000000", tolerance=40)
    assert not is_near(left_edge(layout, picture, 2, scale), "#000000", tolerance=120)


def test_notes_cover_bar_lines() -> None:
    held = Note(onset=0, duration=TICKS * 8, pitch=67)
    layout = roll_layout(trio(parts=(Part(notes=(held,)),)))
    picture = pixels(png_bytes(layout))
    (frame,) = layout.systems
    x = int(frame.x_at(frame.bars[1].start) * 2)
    (box,) = layout.notes
    y = int((box.y + box.height / 2) * 2)
    assert is_near(picture[y, x], VOICE_COLORS[0].fill)
    above = picture[int((frame.top + 2) * 2), x - 2 : x + 3]
    assert above.min() < 150  # the bar line itself


def test_names_are_written_into_notes() -> None:
    layout = roll_layout(trio())
    picture = pixels(png_bytes(layout))
    box = next(box for box in layout.notes if box.label)
    inside = picture[
        int(box.y * 2) + 3 : int((box.y + box.height) * 2) - 3,
        int(box.x * 2) + 4 : int((box.x + box.width * 0.5) * 2),
    ]
    ink = rgb(layout.voices[box.voice].color.ink)
    assert (np.abs(inside - ink).max(axis=-1) < 60).sum() > 20


def test_margins_are_white() -> None:
    picture = pixels(png_bytes(roll_layout(trio()), scale=1.0))
    assert (picture[:, :20] == 255).all()
    assert (picture[:, -20:] == 255).all()
    assert (picture[:20] == 255).all()
    assert (picture[-20:] == 255).all()


def test_same_score_gives_the_same_bytes() -> None:
    layout = roll_layout(trio())
    assert png_bytes(layout) == png_bytes(layout)


@pytest.mark.parametrize(
    "title", ["$\\frac{1}$", "100 $ and $", "\N{CJK UNIFIED IDEOGRAPH-65E5}", "<&>"]
)
def test_any_title_is_drawn_without_a_warning(title: str) -> None:
    plain = png_bytes(roll_layout(trio()), scale=1.0)
    assert png_bytes(roll_layout(trio(title=title)), scale=1.0) != plain


def test_users_own_matplotlib_settings_do_not_matter() -> None:
    layout = roll_layout(trio())
    plain = png_bytes(layout, scale=1.0)
    settings = {"savefig.bbox": "tight", "figure.dpi": 40, "font.size": 30}
    with matplotlib.rc_context(settings):
        assert png_bytes(layout, scale=1.0) == plain


def test_short_score_is_drawn_sharply() -> None:
    layout, scale = png_layout(trio())
    assert scale == 2.0
    assert layout == roll_layout(trio())


@pytest.mark.parametrize("num_bars", [60, 120, 250, 600])
def test_long_score_gets_wider_before_bars_are_left_out(num_bars: int) -> None:
    score = trio(parts=(Part(notes=quarters(60, num_quarters=4 * num_bars)),))
    layout, scale = png_layout(score)
    assert layout.systems[-1].bars[-1].number == num_bars
    assert not layout.notices
    assert layout.width_px * scale <= MAX_SIDE_PX
    assert layout.height_px * scale <= MAX_SIDE_PX
    assert layout.width_px * layout.height_px * scale**2 <= MAX_AREA_PX


def test_endless_score_is_cut_with_a_notice() -> None:
    score = trio(
        parts=(Part(notes=quarters(30, num_quarters=40000)), Part(notes=quarters(90)))
    )
    layout, scale = png_layout(score)
    assert layout.height_px * scale <= MAX_SIDE_PX
    assert layout.width_px * layout.height_px * scale**2 <= MAX_AREA_PX
    assert [notice.code for notice in layout.notices] == ["bars-left-out"]
    excerpt, _ = png_layout(score, bars=BarRange(first=9000, last=9010))
    assert not excerpt.notices


def test_layout_for_a_bitmap_takes_what_any_takes() -> None:
    layout, _ = png_layout(
        trio(), given_parts=frozenset({2}), title="Mine", bars=BarRange(first=2)
    )
    assert layout.title == "Mine"
    assert [bar.number for bar in layout.systems[0].bars] == [2]
    assert [voice.is_given for voice in layout.voices] == [False, False, True]


@pytest.mark.parametrize("scale", [0.0, -1.0, 50.0])
def test_bitmap_too_large_is_refused_before_it_is_made(scale: float) -> None:
    with pytest.raises(
        ValueError, match=r"at most 8000 pixels a side .* use png_layout"
    ):
        png_bytes(roll_layout(trio()), scale=scale)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match=r"musegen\[plot\]"):
        png_bytes(roll_layout(trio()))


def test_score_without_notes_is_an_error() -> None:
    with pytest.raises(EmptyScoreError):
        png_layout(trio(parts=()))


def test_pyplot_is_never_loaded() -> None:
    before = "matplotlib.pyplot" in sys.modules
    png_bytes(roll_layout(trio()), scale=1.0)
    assert ("matplotlib.pyplot" in sys.modules) == before
