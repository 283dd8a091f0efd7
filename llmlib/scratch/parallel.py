"""Several processes that train one model: each reads its share of the rows, all agree on the gradients.

Started by `torchrun --nproc_per_node N`. Every process keeps the whole model (DDP, the default) or, for a
model too large for that, its share of each matrix (FSDP2: call `shard(model)` before training).
Sources: Li et al. 2020, arXiv:2006.15704; Zhao et al. 2023, arXiv:2304.11277.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor


def processes(device: torch.device) -> tuple[int, int]:
    """(number of this process, how many there are); meets the others when started by torchrun."""
    if "WORLD_SIZE" not in os.environ:
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return dist.get_rank(), dist.get_world_size()


def shard(model: nn.Module, blocks: list[nn.Module]) -> None:
    """Divide the weights among the processes, block by block: a block is whole only while it computes."""
    for block in blocks:
        fully_shard(block)
    fully_shard(model)


def together(model: nn.Module, forward: Callable | None) -> Callable:
    """What the loss calls: `forward` (or the model), made to average its gradients over the processes."""
    forward = model if forward is None else forward  # (a compiled model has no truth value)
    if not dist.is_initialized() or isinstance(model, FSDPModule):  # FSDP has hooks of its own
        return forward
    return nn.parallel.DistributedDataParallel(forward)


def whole(tensor: Tensor) -> Tensor:
    """The full tensor where each process holds a part; all of them must call this. Others as they are."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def like(tensor: Tensor, other: Tensor) -> Tensor:
    """This process's part of `tensor`, divided as `other` is."""
    if isinstance(other, DTensor):
        return distribute_tensor(tensor, other.device_mesh, other.placements)
    return tensor
