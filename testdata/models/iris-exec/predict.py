"""Which of three irises is it? Reads a flower on standard input, writes the probabilities.

    echo '{"flower": [5.1, 3.5, 1.4, 0.2]}' | python predict.py --top 2
"""

import argparse
import json
import math
import sys
from pathlib import Path

MODEL = json.loads((Path(__file__).resolve().parent / "model.json").read_text(encoding="utf-8"))


def predict(flower: list[float]) -> list[dict]:
    """Return the irises with their probabilities, the likeliest first: Gaussian naive Bayes."""
    logs = {
        name: math.log(iris["prior"])
        - sum(
            math.log(2 * math.pi * variance) / 2 + (x - mean) ** 2 / (2 * variance)
            for x, mean, variance in zip(flower, iris["mean"], iris["variance"])
        )
        for name, iris in MODEL.items()
    }
    top = max(logs.values())
    likelihoods = {name: math.exp(log - top) for name, log in logs.items()}
    total = sum(likelihoods.values())
    answer = [{"label": name, "score": likelihood / total} for name, likelihood in likelihoods.items()]
    return sorted(answer, key=lambda iris: -iris["score"])


def main() -> int:
    parser = argparse.ArgumentParser(description="Say which iris it is.")
    parser.add_argument("--top", type=int, default=len(MODEL), help="write only the likeliest")
    arguments = parser.parse_args()
    flower = json.load(sys.stdin).get("flower", [])
    if len(flower) != 4:
        print(f"a flower has 4 measurements, got {len(flower)}", file=sys.stderr)
        return 1
    print(json.dumps(predict(flower)[: arguments.top]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
