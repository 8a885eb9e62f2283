"""Anonymity by brute force, from the definitions alone: one case a line in, one answer a line out.

A case has rows of [quasi, subject, value] and says whether subjects are counted and whether values are ordered.
Everything is a fraction until it is printed. The earth mover's distance is found by moving earth.
"""

import json
import math
import sys
from collections import Counter, defaultdict
from fractions import Fraction


def rank(value):
    return (0, 0) if value is None else (1, value)


def moved(have, want, apart):
    """Moves mass from `have` to `want`, in order, and adds up mass times way. In one dimension this is optimal."""
    have, want, cost = dict(have), dict(want), Fraction(0)
    if apart is None:  # every way is 1 long: what stays costs nothing
        for key in have:
            stays = min(have[key], want.get(key, 0))
            have[key] -= stays
            want[key] = want.get(key, 0) - stays
        return sum(have.values())
    sources, targets = sorted(have), sorted(want)
    i = j = 0
    while i < len(sources) and j < len(targets):
        mass = min(have[sources[i]], want[targets[j]])
        cost += mass * abs(sources[i] - targets[j]) / apart
        have[sources[i]] -= mass
        want[targets[j]] -= mass
        if have[sources[i]] == 0:
            i += 1
        else:
            j += 1
    return cost


def answer(case):
    classes, values, subjects = defaultdict(list), defaultdict(list), defaultdict(set)
    for quasi, subject, value in case["rows"]:
        name = json.dumps(quasi)
        subjects[name].add(json.dumps(subject))
        classes[name].append(subject)
        values[name].append((json.dumps(subject), value))
    if case["subjects"]:
        sizes = [len(found) for found in subjects.values()]
        cells = {name: [value for _, value in set(found)] for name, found in values.items()}
    else:
        sizes = [len(found) for found in classes.values()]
        cells = {name: [value for _, value in found] for name, found in values.items()}
    everything = [value for found in cells.values() for value in found]
    order = sorted(set(everything), key=rank) if case["ordered"] else list(set(everything))
    place = {value: at for at, value in enumerate(order)}

    def shares(found):
        return {place[v]: Fraction(n, len(found)) for v, n in Counter(found).items()}

    whole = shares(everything)
    apart = Fraction(max(len(order) - 1, 1)) if case["ordered"] else None
    return {
        "sizes": sorted(Counter(sizes).items()),
        "values": len(order),
        "distinct": min(len(set(found)) for found in cells.values()),
        "entropy": min(
            math.exp(-sum(float(p) * math.log(p) for p in shares(found).values())) for found in cells.values()
        ),
        "t": float(max(moved(shares(found), whole, apart) for found in cells.values())),
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
