"""Times an action: the wall time of each call, and the processor time of all of them."""

import time


def timed(action, seconds, calls=0, at_least=3):
    """Makes some calls and warms up, then repeats the action for so many seconds; times in milliseconds."""
    for _ in range(calls):
        action()
    start = time.perf_counter()
    warm_ups = 0
    while warm_ups < 2 or time.perf_counter() - start < seconds / 2:
        action()
        warm_ups += 1
        # A slow action has nothing left to warm up.
        if time.perf_counter() - start > seconds:
            break
    times = []
    cpu = time.process_time()
    start = last = time.perf_counter()
    while len(times) < at_least or last - start < seconds:
        action()
        now = time.perf_counter()
        times.append(1000 * (now - last))
        last = now
        if last - start > 5 * seconds:
            break
    cpu = 1000 * (time.process_time() - cpu)
    times.sort()
    return {
        "median": times[len(times) // 2],
        "fast": times[len(times) // 10],
        "count": len(times),
        "wall": 1000 * (last - start),
        "cpu": cpu,
    }
