# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scikit-learn==1.9.1"]
# ///
"""Train the digit reader: writes forest.json and test/held-out.json.

Run it with what the lines above name: uv run train.py. What serves the model has no Python at all.
"""

import json
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent


def flat(tree):
    """Return a tree as lists by node: an inner node is [pixel, bound, left, right], a leaf the probabilities of the digits."""
    nodes = []
    for i in range(tree.node_count):
        if tree.children_left[i] < 0:
            nodes.append([round(float(p), 4) for p in tree.value[i][0]])
        else:
            bound = round(float(tree.threshold[i]), 2)
            nodes.append([int(tree.feature[i]), bound, int(tree.children_left[i]), int(tree.children_right[i])])
    return nodes


def write(path, rows):
    """Write a list of JSON values, one a line, so that a change can be read."""
    path.parent.mkdir(exist_ok=True)
    lines = [json.dumps(row, separators=(",", ":")) for row in rows]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def main():
    pixels, digits = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(pixels, digits, test_size=100, stratify=digits, random_state=0)
    forest = RandomForestClassifier(n_estimators=15, max_leaf_nodes=60, random_state=0).fit(train_x, train_y)
    write(HERE / "forest.json", [flat(tree.tree_) for tree in forest.estimators_])
    write(HERE / "test" / "held-out.json", [[int(y), x.astype(int).tolist()] for x, y in zip(test_x, test_y)])
    print("accuracy on 100 held-out images:", forest.score(test_x, test_y))


if __name__ == "__main__":
    main()
