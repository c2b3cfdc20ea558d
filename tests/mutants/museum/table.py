"""The museum's findings as a table, and as a picture."""

import math
import statistics

from checkers import CHECKERS


def cell(findings):
    if findings is None or findings[0] is None:
        return ""
    last = findings[-1]
    if not last.found:
        return "-"
    seconds = statistics.median(f.seconds for f in findings)
    cases = statistics.median(f.cases for f in findings)
    text = f"{seconds:.1f} s"
    if cases:
        text += f", case {cases:.0f}"
    if last.commands:
        text += f", {max(f.commands for f in findings)} cmd"
    return text + ("" if last.how in ("counterexample", "test") else f" ({last.how})")


def rows(exhibits, get):
    yield "| mistake | rule | " + " | ".join(CHECKERS) + " |"
    yield "|---" * (2 + len(CHECKERS)) + "|"
    for exhibit in exhibits:
        cells = " | ".join(cell(get(exhibit.name, checker)) for checker in CHECKERS)
        yield f"| {exhibit.story} | {exhibit.rule} | {cells} |"


def picture(exhibits, get):
    """For each checker, the share of its exhibits that it found, over seconds."""
    width, height, left, top = 640, 300, 50, 20
    colours = ["#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#d62728", "#7f7f7f"]

    def x(seconds):
        return left + width * (math.log10(min(max(seconds, 0.1), 1000)) + 1) / 4

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 190}" height="{height + 70}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    for share in (0, 25, 50, 75, 100):
        y = top + height * (1 - share / 100)
        out += [f'<line x1="{left}" y1="{y}" x2="{left + width}" y2="{y}" stroke="#ddd"/>',
                f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{share} %</text>']
    for seconds in (0.1, 1, 10, 100, 1000):
        out.append(f'<text x="{x(seconds)}" y="{top + height + 18}" text-anchor="middle">{seconds:g} s</text>')
    out.append(f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">'
               'median time to detection</text>')
    for i, checker in enumerate(CHECKERS):
        asked = [f for e in exhibits if (f := get(e.name, checker)) is not None and f[0] is not None]
        times = sorted(statistics.median(f.seconds for f in findings) for findings in asked if findings[-1].found)
        if not asked:
            continue
        points, y = [(left, top + height)], top + height
        for n, seconds in enumerate(times, 1):
            points.append((x(seconds), y))
            y = top + height * (1 - n / len(asked))
            points.append((x(seconds), y))
        points.append((left + width, y))
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out += [f'<polyline points="{line}" fill="none" stroke="{colours[i]}" stroke-width="2"/>',
                f'<text x="{left + width + 20}" y="{top + 18 * i + 12}" fill="{colours[i]}">'
                f'{checker}: {len(times)} of {len(asked)}</text>']
    return "\n".join(out + ["</svg>"]) + "\n"


BEGIN, END = "<!-- museum: begin -->\n", "<!-- museum: end -->\n"


def summary(exhibits, get):
    """How many of the mistakes each checker found, of those that it was asked about, and how soon."""
    yield "| checker | found | of | median seconds | median case | most commands |"
    yield "|---|---|---|---|---|---|"
    for checker in CHECKERS:
        asked = [f for e in exhibits if (f := get(e.name, checker)) is not None and f[0] is not None]
        found = [f for f in asked if f[-1].found]
        if not asked:
            continue
        seconds = f"{statistics.median(statistics.median(one.seconds for one in f) for f in found):.1f}" if found else ""
        cases = [statistics.median(one.cases for one in f) for f in found]
        case = f"{statistics.median(cases):.0f}" if any(cases) else ""
        commands = max((one.commands for f in found for one in f), default=0)
        yield f"| {checker} | {len(found)} | {len(asked)} | {seconds} | {case} | {commands or ''} |"


def write(path, exhibits, get):
    """The summary and the table, as the whole file or between the two marks that it has; and the picture."""
    text = "\n".join([*summary(exhibits, get), "", *rows(exhibits, get)]) + "\n"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if BEGIN in before and END in before:
        text = before[:before.index(BEGIN)] + BEGIN + text + before[before.index(END):]
    path.write_text(text, encoding="utf-8")
    path.with_name("museum.svg").write_text(picture(exhibits, get), encoding="utf-8")
