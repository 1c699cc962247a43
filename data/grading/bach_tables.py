"""The reference histograms of the grading function, counted on Bach's chorales.

Numbers only; `musegen.data.grading.references` reads them. Each table is `category
probability, ...` in the order of its ranks, which the distance depends on; where two
are equal, theirs too. Names: `4 sharp` is the raised fourth degree, `M-2` a major
second down, `d1` a diminished unison.

Source: Fang, Liu, Seetharaman and Pardo, "Bach or Mock? A Grading Function for Chorales
in the Style of J. S. Bach", 2020; 351 chorales in four parts as they are engraved
(repeated notes count), fermatas left out; rounded to five places.
"""

from __future__ import annotations

# Of the parallel fifths and octaves together, and how many there are to a note.
PARALLEL = """
    fifths .74419, octaves .25581
"""
PARALLELS_PER_NOTE = 0.0016032612

NOTE_MAJOR = """
    5 .20348, 1 .19406, 3 .13775, 2 .13387, 6 .11029, 4 .08437, 7 .08307, 4 sharp
    .01518, Rest .01126, 7 flat .01035, 1 sharp .00741, 5 sharp .00701, 3 flat .00092, 2
    sharp .00070, 6 flat .00018, 2 flat .00010
"""
NOTE_MINOR = """
    5 .20072, 1 .18387, 3 .13885, 2 .11505, 4 .10996, 7 .09630, 6 .05497, 7 sharp
    .04204, 6 sharp .02331, 3 sharp .01532, Rest .00943, 4 sharp .00671, 2 flat .00283,
    5 flat .00040, 1 sharp .00018, 1 flat .00008
"""
RHYTHM = """
    1 .52752, .5 .34283, 2 .06435, .25 .02584, 1.5 .01906, 3 .01455, 4 .00307, .75
    .00144, 2.5 .00050, 6 .00020, 1.75 .00018, .125 .00012, 5 .00009, 1.25 .00009, 3.5
    .00005, 8 .00002, 0 .00002, 14 .00001, 2.25 .00001, 7 .00001, 4.5 .00001, 16 .00001
"""
HARMONIC_MAJOR = """
    major .43630, minor .14813, unidentifiable .08935, dominant-seventh .08867,
    minor-seventh .04760, diminished .04181, major-seventh .03346, suspended-fourth
    .02963, power .02336, pedal .02020, half-diminished-seventh .01697, suspended-second
    .01037, diminished-seventh .00579, minor-ninth .00249, augmented .00189,
    augmented-major seventh .00175, major-ninth .00088, minor-major-seventh .00067,
    dominant-ninth .00067
"""
HARMONIC_MINOR = """
    major .31240, minor .25588, unidentifiable .08862, dominant-seventh .08513,
    diminished .05324, minor-seventh .04319, half-diminished-seventh .03070,
    suspended-fourth .02833, power .02303, major-seventh .01968, pedal .01814,
    diminished-seventh .01570, suspended-second .01068, augmented .00642,
    augmented-major seventh .00286, major-ninth .00188, minor-major-seventh .00174,
    minor-ninth .00147, dominant-ninth .00056, seventh-flat-five .00021,
    minor-major-ninth .00014
"""
SOPRANO_MAJOR = """
    M-2 .26446, M2 .22252, P1 .15338, m-2 .11627, m2 .10290, P4 .02962, m-3 .02812, M-3
    .02155, P-4 .01417, m3 .01302, P5 .01083, M3 .01049, P-5 .00680, P8 .00219, m-6
    .00127, M6 .00104, m6 .00092, P-8 .00023, m7 .00012, A1 .00012
"""
SOPRANO_MINOR = """
    M-2 .26136, M2 .18607, m-2 .14962, P1 .14315, m2 .11425, P4 .03597, m-3 .02698, m3
    .01870, M-3 .01559, P-4 .01367, P5 .01259, M3 .00815, P-5 .00599, P8 .00228, m6
    .00192, d4 .00060, M6 .00060, m-6 .00060, d-5 .00048, d1 .00036, P-8 .00024, A1
    .00024, m7 .00024, M-6 .00012, d-4 .00012, d5 .00012
"""
ALTO_MAJOR = """
    M-2 .20199, P1 .20038, M2 .17437, m-2 .15137, m2 .11169, P4 .04078, M-3 .03897, m-3
    .01778, m3 .01517, P-4 .01296, M3 .00984, P-5 .00854, P5 .00522, M6 .00291, d1
    .00231, A1 .00151, P8 .00131, m6 .00090, d-5 .00040, m-6 .00040, P-8 .00030, m7
    .00020, M9 .00010, A2 .00010, M7 .00010, d-4 .00010, M-6 .00010, A4 .00010, d4
    .00010
"""
ALTO_MINOR = """
    P1 .20253, M-2 .18886, m-2 .16151, M2 .15791, m2 .12244, P4 .04308, M-3 .03639, m-3
    .01779, m3 .01336, P-4 .01244, M3 .01213, P-5 .00864, P5 .00555, A1 .00401, m6
    .00298, d1 .00257, M6 .00216, d-5 .00134, d-4 .00113, P-8 .00103, P8 .00093, m-6
    .00041, d4 .00031, m7 .00021, d-7 .00010, d3 .00010, M-6 .00010
"""
TENOR_MAJOR = """
    M-2 .21494, P1 .18787, M2 .18486, m-2 .12470, m2 .09471, P4 .04823, m-3 .02416, P-5
    .02368, M-3 .02300, P-4 .01679, m3 .01621, P5 .01300, M3 .00835, P8 .00311, M6
    .00311, d-5 .00272, m6 .00252, d1 .00243, A1 .00175, m-6 .00107, P-8 .00097, d5
    .00078, M-6 .00049, d4 .00019, A2 .00010, A-5 .00010, A-4 .00010, d-4 .00010
"""
TENOR_MINOR = """
    M-2 .21340, M2 .17244, P1 .16820, m-2 .14293, m2 .10927, P4 .04925, m-3 .02428, M-3
    .02201, P-5 .01718, P-4 .01540, m3 .01412, M3 .01234, P5 .01076, d-5 .00701, m6
    .00375, M6 .00336, A1 .00326, P8 .00207, d4 .00188, M-6 .00158, P-8 .00138, d1
    .00128, d-4 .00079, m-6 .00079, d5 .00069, m7 .00039, d-7 .00010, d7 .00010
"""
BASS_MAJOR = """
    M2 .19720, M-2 .18526, m2 .12793, m-2 .10715, P4 .08629, P-5 .06523, P-4 .03826, m-3
    .02867, P1 .02754, M-3 .02604, P5 .02256, P8 .01955, P-8 .01805, A1 .01203, M3
    .00874, m3 .00639, d-5 .00489, m-6 .00404, M6 .00376, d1 .00188, d-4 .00160, M7
    .00113, m7 .00103, m-7 .00075, M-6 .00056, d-7 .00056, M9 .00047, A4 .00038, m6
    .00038, M-7 .00038, M-9 .00038, P12 .00028, M10 .00019, P11 .00019, P15 .00009, m10
    .00009, A5 .00009
"""
BASS_MINOR = """
    M-2 .18492, M2 .18385, m2 .14172, m-2 .12580, P4 .07620, P-5 .06096, m-3 .03106, P-4
    .02660, P1 .02427, M-3 .02388, P8 .02378, P5 .02203, P-8 .01961, A1 .01068, m3
    .00806, d-5 .00806, M3 .00631, d-4 .00456, m6 .00359, m-6 .00214, M6 .00175, m7
    .00146, M-6 .00146, d-7 .00116, d1 .00116, A5 .00087, m-7 .00068, M7 .00058, A8
    .00058, M9 .00039, M-7 .00029, M-9 .00029, d-3 .00019, P11 .00019, M10 .00019, A4
    .00019, d4 .00010, d5 .00010, d7 .00010, A-4 .00010, m10 .00010
"""
REPEATED = """
    8 .29617, 6 .24083, 4 .18166, 12 .10496, 10 .05400, 16 .03015, 3 .01882, 14 .01268,
    20 .01085, 2 .00914, 5 .00886, 7 .00665, 24 .00443, 18 .00350, 28 .00268, 32 .00234,
    22 .00160, 11 .00150, 64 .00110, 9 .00095, 36 .00078, 40 .00072, 26 .00061, 44
    .00053, 52 .00044, 56 .00038, 48 .00034, 50 .00025, 15 .00023, 34 .00023, 60 .00021,
    68 .00017, 27 .00017, 19 .00017, 23 .00015, 21 .00013, 78 .00013, 116 .00013, 96
    .00013, 80 .00013, 38 .00013, 46 .00013, 54 .00008, 112 .00008, 66 .00008, 42
    .00008, 72 .00008, 30 .00008, 100 .00006, 132 .00004, 58 .00004, 104 .00004, 31
    .00004, 76 .00004, 17 .00004, 108 .00004
"""
