"""What AMLB calls in its own process: setting the engine up, and running it in its own environment.

Rows go over as AMLB writes them for other processes (Parquet for tables), so its libraries and the engine's need not
agree on versions.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def setup(*args, **kwargs):
    """Make the environment next to this file."""
    from amlb.utils import call_script_in_same_dir

    call_script_in_same_dir(__file__, "setup.sh", *args, **kwargs)


def version():
    """Return what the environment holds: the engine's version."""
    return (HERE / ".setup" / "version").read_text(encoding="utf-8").strip()


def run(dataset, config):
    """Run one task and return what AMLB keeps of it."""
    from frameworks.shared.caller import run_in_venv

    rows = {
        "train": {"X": dataset.train.X, "y": dataset.train.y},
        "test": {"X": dataset.test.X, "y": dataset.test.y},
        "problem_type": dataset.type.name,
    }
    if config.measure_inference_time and hasattr(dataset, "inference_subsample_files"):  # tables from files have none
        rows["inference_subsample_files"] = dataset.inference_subsample_files(fmt="parquet")
    dense = {"serialization": {"sparse_dataframe_deserialized_format": "dense"}}
    return run_in_venv(__file__, "exec.py", input_data=rows, dataset=dataset, config=config, options=dense)
