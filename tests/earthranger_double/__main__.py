"""``python -m earthranger_double``: a site to try things on by hand, until Ctrl-C."""

from __future__ import annotations

import argparse
import threading

from earthranger_double.data import Site
from earthranger_double.faults import Faults
from earthranger_double.server import PASSWORD, TOKEN, USERNAME, serving


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--subjects", type=int, default=5)
    parser.add_argument("--each", type=int, default=2000)
    parser.add_argument("--most", type=int, default=10_000, help="How many rows a page has at most.")
    parser.add_argument("--cursors", action="store_true")
    parser.add_argument("--failing", type=float, default=0.0, help="The share of requests that fail.")
    given = parser.parse_args()
    site = Site(subjects=given.subjects, each=given.each)
    with serving(site, port=given.port, cursors=given.cursors, most=given.most) as double:
        double.wait = 0
        if given.failing:
            double.faults.append(Faults("503", rate=given.failing))
        print(double.url, TOKEN, USERNAME, PASSWORD, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
