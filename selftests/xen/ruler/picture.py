# SPDX-License-Identifier: GPL-2.0
"""The ratios of all rows as a picture, drawn by gnuplot."""

import subprocess

from xenbench.util import BenchError

from .plan import INTREE, OURS
from .rows import GROUPS

SCRIPT = """\
set terminal svg size 900,{height} dynamic font "sans-serif,12" name "performance"
set output "{output}"
set title "{title}"
set xlabel "ours / in-tree (rate), in-tree / ours (CPU time): right of 1.0 ours is better"
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
plot $rate using 1:4:2:3 with xerrorbars pt 7 ps 0.7 lc rgb "#1f5fa8" title "rate", \\
     $cpu using 1:2 with points pt 4 ps 0.7 lc rgb "#c05020" title "CPU time for an operation"
"""


def _span(row):
    """Median ratio, and the least and most that single rounds give."""
    ours = [one["bytes"] / one["ns"] if row["operation_bytes"] else one["ops"] / one["ns"]
            for one in row["variants"][OURS.name]["samples"]]
    theirs = [one["bytes"] / one["ns"] if row["operation_bytes"] else one["ops"] / one["ns"]
              for one in row["variants"][INTREE.name]["samples"]]
    return row["ratios"]["rate"], min(ours) / max(theirs), max(ours) / min(theirs)


def draw(results, path):
    """Writes the picture; rows without both drivers are left out."""
    rows = [row for row in results["rows"] if row["ratios"]]
    spans = [_span(row) for row in rows]
    cpu = [1 / row["ratios"]["cpu_ns"] for row in rows]
    labels = [f'"{GROUPS[row["group"]].partition(",")[0]}: {row["title"]}" {i}'
              if i == 0 or rows[i - 1]["group"] != row["group"] else f'"{row["title"]}" {i}'
              for i, row in enumerate(rows)]
    every = [value for span in spans for value in span] + cpu
    script = SCRIPT.format(
        height=120 + 18 * len(rows), output=path, rows=len(rows), labels=", ".join(labels),
        title="xenfront and the in-tree drivers, virtual time",
        low=f"{min(0.8, min(every) - 0.05):.2f}", high=f"{max(1.2, max(every) + 0.05):.2f}",
        rate="\n".join(f"{at:.4f} {low:.4f} {high:.4f} {i}"
                       for i, (at, low, high) in enumerate(spans)),
        cpu="\n".join(f"{at:.4f} {i + 0.25}" for i, at in enumerate(cpu)))
    done = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, timeout=60,
                          check=False)
    if done.returncode or "line" in done.stderr:
        raise BenchError(f"gnuplot: {done.stderr.strip()[-300:]}")
