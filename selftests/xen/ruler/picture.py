# SPDX-License-Identifier: GPL-2.0
"""The ratios of all rows as a picture, drawn by gnuplot."""

import subprocess

from xenbench.util import BenchError

from .plan import INTREE, OURS
from .rows import GROUPS

SCRIPT = """\
set terminal svg size 900,{height} dynamic enhanced font "sans-serif,12" \\
    background "white" name "performance"
set output "{output}"
set title "{title}"
set xlabel "ours / in-tree (rates), in-tree / ours (CPU time): right of 1.0 ours is better"
set xrange [{low}:{high}]
set yrange [{rows}:-1]
set ytics ({labels}) nomirror
set xtics nomirror
set grid xtics
set key outside top center horizontal
set arrow from 1,graph 0 to 1,graph 1 nohead lw 2 lc rgb "#808080"
$rate << EOD
{rate}
EOD
$cpu << EOD
{cpu}
EOD
$even << EOD
{even}
EOD
plot $rate using 1:4:2:3 with xerrorbars pt 7 ps 0.7 lc rgb "#1f5fa8" title "rate", \\
     $cpu using 1:2 with points pt 4 ps 0.7 lc rgb "#c05020" title "CPU time", \\
     $even using 1:2 with points pt 2 ps 0.7 lc rgb "#208040" title "rate, even"
"""


def _span(row):
    """Median ratio, and the least and most that single rounds give."""
    ours = [one["bytes"] / one["ns"] if row["operation_bytes"] else one["ops"] / one["ns"]
            for one in row["variants"][OURS.name]["samples"]]
    theirs = [one["bytes"] / one["ns"] if row["operation_bytes"] else one["ops"] / one["ns"]
              for one in row["variants"][INTREE.name]["samples"]]
    return row["ratios"]["rate"], min(ours) / max(theirs), max(ours) / min(theirs)


def _places(rows):
    """[(place, row)], the tics, the number of places; a group's title takes a place of its own."""
    places, tics, place = [], [], 0
    for i, row in enumerate(rows):
        if i == 0 or rows[i - 1]["group"] != row["group"]:
            tics.append(f'"{{/:Bold {GROUPS[row["group"]]}}}" {place}')
            place += 1
        tics.append(f'"{row["title"]}" {place}')
        places.append((place, row))
        place += 1
    return places, tics, place


def draw(results, path):
    """Writes the picture; rows without both drivers are left out."""
    places, tics, end = _places([row for row in results["rows"] if row["ratios"]])
    spans = [(place, *_span(row)) for place, row in places]
    cpu = [(place, 1 / row["ratios"]["cpu_ns"]) for place, row in places]
    even = [(place, row["ratios"]["even_rate"]) for place, row in places
            if "even_rate" in row["ratios"]]
    every = [value for _, *span in spans for value in span] + \
        [value for _, value in cpu + even]
    script = SCRIPT.format(
        height=120 + 18 * end, output=path, rows=end, labels=", ".join(tics),
        title="xenfront and the in-tree drivers, virtual time",
        low=f"{min(0.8, min(every) - 0.05):.2f}", high=f"{max(1.2, max(every) + 0.05):.2f}",
        rate="\n".join(f"{at:.4f} {low:.4f} {high:.4f} {place}" for place, at, low, high in spans),
        cpu="\n".join(f"{at:.4f} {place + 0.25}" for place, at in cpu),
        even="\n".join(f"{at:.4f} {place - 0.25}" for place, at in even))
    done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, timeout=60,
                          check=False)
    if done.returncode or "line" in done.stderr:
        raise BenchError(f"gnuplot: {done.stderr.strip()[-300:]}")
