"""load: a language model by name, from the course's own, from a folder, or from the Hugging Face hub.

One path for the three: find the folder (downloading it if it is on the hub), check that it is whole and that
it is a causal language model, open it with transformers in eager attention, so that every pass can give its
maps. Weights are read from safetensors only, and no code that comes with a model is ever run.
What a model can do is in `lm.py`.
"""

import hashlib
import json
import re
import threading
from pathlib import Path

from llmlib import adapters
from llmlib.checkpoints import read, steps
from llmlib.data import model_names, model_path
from llmlib.lm import LM
from llmlib.skip import Skip

PATIENCE = 8  # seconds that the hub has to give its first answer
WANTED = {
    "allow_patterns": ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"],
    # of folders only the numbered modules of sentence-transformers ("1_Pooling"), not onnx, openvino …
    "ignore_patterns": ["[!0-9]*/*"],
}

KINDS = {  # end of an architecture's name -> what it is
    "XLNetLMHeadModel": "um modelo que prevê palavras em qualquer ordem (como o XLNet)",
    "ForMaskedLM": "um modelo que preenche lacunas (como o BERT)",
    "ForConditionalGeneration": "um codificador-decodificador ou um modelo multimodal (como o T5)",
    "ForSequenceClassification": "um classificador de textos",
    "ForTokenClassification": "um classificador de tokens",
    "ForQuestionAnswering": "um modelo que marca respostas em um texto",
    "Model": "um codificador, que transforma texto em vetores",
}


class ModelError(ValueError):
    """The name or the files are wrong; the message says which, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class ModelUnavailable(Skip):
    """The hub cannot be reached or refuses; in a notebook the cell is skipped."""


def load(name: str, revision: str | None = None, device: str | None = None) -> LM:
    """Load a causal language model, ready to use.

    Args:
        name: no slash: a model of the course ("mini-base"); a folder ("./meu-modelo"); or a hub id
            ("TucanoBR/Tucano-160m").
        revision: commit hash of a hub model (without it the newest is found, used, and printed); or, of a
            model of the course, a moment of its training: "step64".
        device: "cpu", "cuda" …; by default the GPU, if there is one. The dtype is float32 on a CPU, and on a
            GPU bfloat16, or float16 where the card lacks it.
    Raises:
        ModelError: unknown name, damaged or incomplete files, or not a causal language model.
        ModelUnavailable: the hub does not answer; in a notebook the cell ends there, and the rest goes on.

    >>> lm = load("mini-base")
    >>> lm.generate("Era uma vez", max_new_tokens=20, temperature=0.7)
    """
    name = str(name)
    folder, commit, remedy = find(name, revision)
    _check_kind(architectures(folder, remedy), name)
    check(folder, name, remedy)
    moment = _moment(folder, name, revision) if revision and not commit else None
    model, tokenizer = open_folder(folder, name, remedy, device, moment=moment)
    return LM(name, model, tokenizer, commit or revision or "")


def find(name: str, revision: str | None) -> tuple[Path, str, str]:
    """(folder on disk, commit or "", what to do if a file in it is damaged)."""
    if "/" not in name and "\\" not in name:
        if name not in model_names():
            there = ", ".join(model_names()) or "nenhum (faça um com make data NAME=mini-base)"
            raise ModelError(
                f"Não conheço o modelo “{name}”. Os que vêm com o curso: {there}. "
                "Para um modelo do Hugging Face, escreva também o dono: load('dono/modelo')."
            )
        return model_path(name), "", f"Refaça-o com: make data NAME={name}"
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder, "", "Gere a pasta outra vez, ou copie-a de novo da origem."
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or name.startswith("."):
        raise ModelError(f"A pasta {name} não existe. Confira o caminho.")
    folder = _download(name, revision)
    return folder, folder.name, f"Apague a pasta {folder} e execute de novo, para baixá-la outra vez."


def _moment(folder: Path, name: str, revision: str) -> Path:
    """The file of a moment of the training. Raises ModelError with those that were kept."""
    kept = steps(folder)
    if revision not in kept:
        there = f"Os que há: {', '.join(kept)}" if kept else "Ele não guardou nenhum"
        raise ModelError(f"{name} não tem o momento de treino “{revision}”. {there}.")
    return kept[revision]


def _download(name: str, revision: str | None) -> Path:
    """The folder of a hub model, in the local cache; downloads what is missing."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=True, **WANTED))
    except OSError:
        pass  # not downloaded yet
    try:
        commit = _commit(name, revision)
        if commit != revision:
            print(f"{name}: revisão {commit}. Para repetir com a mesma: load({name!r}, revision={commit!r})")
        return Path(snapshot_download(name, revision=commit, etag_timeout=PATIENCE, **WANTED))
    except GatedRepoError:
        raise ModelUnavailable(
            f"{name} pede que você aceite a licença dele no site do Hugging Face e entre com sua conta; "
            "esta célula foi pulada."
        ) from None
    except RevisionNotFoundError:
        raise ModelError(f"{name} não tem a revisão {revision}. Confira o código do commit.") from None
    except RepositoryNotFoundError:
        raise ModelError(f"O Hugging Face não tem o modelo {name}, ou ele é privado.") from None
    except OfflineModeIsEnabled:
        raise ModelUnavailable(
            f"{name} não está neste computador, e o acesso ao Hugging Face está desligado (HF_HUB_OFFLINE); "
            'esta célula foi pulada. Rode-a no Colab, ou use load("mini-base"), que já vem com o curso.'
        ) from None
    except Exception as error:  # the network fails in many ways, each with its own class
        raise ModelUnavailable(
            f"Não consegui buscar {name} no Hugging Face ({type(error).__name__}); esta célula foi pulada. "
            'Confira a internet e execute de novo, ou use load("mini-base"), que já vem com o curso.'
        ) from None


def _commit(name: str, revision: str | None) -> str:
    """The commit hash that a revision (or the newest) stands for, asked of the hub with a limit of time."""
    from huggingface_hub import HfApi

    answer = {}

    def ask():
        try:
            answer["commit"] = HfApi().model_info(name, revision=revision, timeout=PATIENCE / 2).sha
        except BaseException as error:  # carried to the caller's thread
            answer["error"] = error

    # A thread, because the client's own limits are per address and per attempt, and add up to minutes.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if "error" in answer:
        raise answer["error"]
    if "commit" not in answer:
        raise TimeoutError
    return answer["commit"]


def architectures(folder: Path, remedy: str) -> list[str]:
    """What config.json says that the model in `folder` is."""
    return _json(folder / "config.json", remedy).get("architectures") or []


def check(folder: Path, name: str, remedy: str) -> None:
    """Refuse a folder whose files are missing or damaged."""
    if (folder / "tokenizer.json").exists():
        _json(folder / "tokenizer.json", remedy)
    index = folder / "model.safetensors.index.json"
    if index.exists():
        files = sorted({folder / part for part in _json(index, remedy)["weight_map"].values()})
    else:
        files = []
    own = sorted(folder.glob("*.safetensors"))
    files += [file for file in own if file not in files]
    if not files:
        raise ModelError(
            f"A pasta {folder} não tem pesos em safetensors, o único formato que o curso abre. {remedy}"
        )
    for file in files:
        _check_weights(file, remedy)
    if name in model_names():
        _check_hash(own[0], folder / "README.md", remedy)


def _json(file: Path, remedy: str) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"Falta o arquivo {file}. {remedy}") from None
    except ValueError:
        raise ModelError(f"O arquivo {file} está corrompido: não é JSON. {remedy}") from None


def _check_kind(architectures: list[str], name: str) -> None:
    for architecture in architectures:
        if architecture.endswith(("ForCausalLM", "LMHeadModel")) and not architecture.startswith("XLNet"):
            return
    for architecture in architectures:
        kind = next((KINDS[end] for end in KINDS if architecture.endswith(end)), "de outro tipo")
        raise ModelError(
            f"{name} é {kind}: {architecture}. "
            "load abre modelos que continuam um texto, os que terminam em ForCausalLM; "
            "os que preenchem lacunas ou reescrevem, abre-os llmlib.families.load."
        )


def _check_weights(file: Path, remedy: str) -> None:
    """Read the file's table of contents, and compare with its size: a cut file is found in milliseconds."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt"):
            pass
    except FileNotFoundError:
        raise ModelError(f"Falta o arquivo de pesos {file}. {remedy}") from None
    except SafetensorError:
        raise ModelError(f"O arquivo de pesos {file} está incompleto ou corrompido. {remedy}") from None


def _check_hash(file: Path, card: Path, remedy: str) -> None:
    """Where the card of a bundled model gives the sha256 of its weights, hold it."""
    known = re.findall(r"\b[0-9a-f]{64}\b", card.read_text(encoding="utf-8")) if card.exists() else []
    if known and hashlib.sha256(file.read_bytes()).hexdigest() not in known:
        raise ModelError(f"O arquivo de pesos {file} não é o que a ficha {card.name} descreve. {remedy}")


def open_folder(
    folder: Path,
    name: str,
    remedy: str,
    device: str | None,
    opener: type | None = None,
    moment: Path | None = None,
) -> tuple[object, object]:
    """(model, tokenizer), the model in evaluation mode on its device.

    `opener` is the transformers class to use (AutoModelForCausalLM); `moment` has other weights for it.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    where = _device(device)
    if where.type != "cuda":
        dtype = torch.float32
    elif torch.cuda.is_bf16_supported(including_emulation=False):
        dtype = torch.bfloat16
    else:
        dtype = torch.float16
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # it would be printed into the page
    try:
        adapted = adapters.base_of(folder)
        model, report = (opener or AutoModelForCausalLM).from_pretrained(
            adapted or folder,
            dtype=dtype,
            attn_implementation="eager",
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        weights = read(moment)[0] if moment else adapters.tensors(folder) if adapted else None
        if weights:
            strict = bool(moment)  # an adapter's base names a tied matrix once
            model.load_state_dict({part: torch.from_numpy(w) for part, w in weights.items()}, strict=strict)
    except torch.OutOfMemoryError:
        raise ModelError(f"{name} não cabe na memória desta placa. Use um modelo menor.") from None
    except Exception as error:  # whatever transformers found, it found it in this folder
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"Não consegui abrir o modelo da pasta {folder}: {first} {remedy}") from error
    finally:
        if bars:
            logging.enable_progress_bar()
    if missing := sorted(report["missing_keys"]):
        raise ModelError(
            f"Faltam pesos em {folder}: {missing[0]} e mais {len(missing) - 1} não estão no arquivo. {remedy}"
        )
    return model.to(where).eval(), tokenizer


def _device(device: str | None) -> object:
    """The torch.device to use: what was asked, else the GPU if there is one, else the CPU."""
    import torch

    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        where = torch.device(device)
    except RuntimeError:
        raise ModelError(f"Não conheço o dispositivo “{device}”: use “cpu” ou “cuda”.") from None
    if where.type == "cuda" and not torch.cuda.is_available():
        raise ModelError("O PyTorch não encontra GPU nesta máquina. Deixe device sem valor, ou use “cpu”.")
    return where
