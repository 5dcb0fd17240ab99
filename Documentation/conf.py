# SPDX-License-Identifier: GPL-2.0
"""Sphinx renders these pages with it: see scripts/docs."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "sphinx"))

project = "xenfront"
author = "xenfront maintainers"
project_copyright = "2026 xenfront maintainers"
release = version = re.search(r'XENFRONT_VERSION "(.*)"',
                              (HERE.parent / "include" / "version.h").read_text()).group(1)

extensions = ["kerneldoc"]
exclude_patterns = ["sphinx"]
primary_domain = "c"
highlight_language = "none"
smartquotes = False

html_theme = "alabaster"
html_theme_options = {"description": "Xen guest drivers for network and disks",
                      "page_width": "1200px", "show_powered_by": False}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_copy_source = False

# Types in prototypes may be the kernel's. What a comment refers to has to be there.
nitpick_ignore_regex = [("c:identifier", ".*")]
