"""LoRA: as peft computes it, starting as nothing, merging to the same, training only its own weights."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from llmlib.scratch.lora import adapter, add_lora, load_adapter, merge, trainable
from llmlib.scratch.train import Settings, Stage, Table, train
from tests.conftest import tiny_model

IDS = torch.arange(4, 34).view(2, 15)


def stir(model: torch.nn.Module) -> None:
    """Random numbers into every B, so that the detours do something."""
    torch.manual_seed(5)
    for name, p in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(p, std=0.3)


def test_agrees_with_peft(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    targets = ["q_proj", "v_proj", "up_proj"]
    config = peft.LoraConfig(r=5, lora_alpha=12, target_modules=targets, lora_dropout=0.0, bias="none")
    theirs = peft.get_peft_model(tiny_model(), config)
    stir(theirs)
    theirs.save_pretrained(tmp_path)
    ours = add_lora(tiny_model(), 5, 12, targets)
    load_adapter(ours, load_file(tmp_path / "adapter_model.safetensors"))
    torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, atol=1e-5, rtol=1e-5)
    assert adapter(ours).keys() == load_file(tmp_path / "adapter_model.safetensors").keys()
    assert trainable(ours)[0] == theirs.get_nb_trainable_parameters()[0]
    theirs = theirs.merge_and_unload()
    merge(ours)
    for name, tensor in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor, atol=1e-6, rtol=1e-6)


def test_starts_as_the_model_was_and_merges_to_the_same() -> None:
    plain, model = tiny_model(), add_lora(tiny_model(), 4)
    assert torch.equal(model(IDS).logits, plain(IDS).logits)
    stir(model)
    moved = model(IDS).logits
    assert not torch.allclose(moved, plain(IDS).logits, atol=0.1)
    merge(model)
    torch.testing.assert_close(model(IDS).logits, moved, atol=1e-4, rtol=1e-5)
    assert model.state_dict().keys() == plain.state_dict().keys()
    assert all(p.requires_grad for p in model.parameters())


def test_only_the_detours_learn(tmp_path: Path) -> None:
    model = add_lora(tiny_model(), 4)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    rows = Table(IDS, torch.ones(IDS.shape))
    settings = Settings(tokens=40 * IDS.numel(), batch=2, muon_lr=0, adamw_lr=1e-2)
    log = train(model, [Stage("one", rows)], settings, tmp_path)
    assert log[-1]["loss"] < log[0]["loss"] - 0.5
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name]) == ("lora_" not in name), name


def test_refuses_what_it_cannot_do() -> None:
    with pytest.raises(ValueError, match="nenhuma camada linear se chama nada"):
        add_lora(tiny_model(), targets=["nada"])
    model = add_lora(tiny_model(), 4)
    with pytest.raises(ValueError, match="já tem LoRA"):
        add_lora(model, 4)
    with pytest.raises(ValueError, match="outro rank"):
        load_adapter(model, adapter(add_lora(tiny_model(), 3)))
