"""Print the primes below a number."""

import sys


def primes(below: int) -> list[int]:
    found: list[int] = []
    for n in range(2, below):
        if all(n % p for p in found if p * p <= n):
            found.append(n)
    return found


if __name__ == "__main__":
    print(*primes(int(sys.argv[1])))
