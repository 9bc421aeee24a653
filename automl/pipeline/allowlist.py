"""Which classes a model file may name.

A model file is data that names classes. Loading one creates objects of these classes and nothing else, so which
classes are acceptable is decided here, by exact name. scikit-learn's own public estimators, NumPy arrays and plain
containers are trusted by skops; on top come the internals of the families that we ship, and our own classes. A prefix
such as ``sklearn.`` would let in functions that read files or run code, so there is none.

A name gets in when a fitted pipeline of ours can't be stored without it, and when making the object from arbitrary
data runs no code of the file's author. Two kinds deserve a word. ``functools.partial`` is what scikit-learn's
histogram boosting wraps ``check_array`` in; a partial of anything that is not itself allowed is refused. Compiled
trees trust their own arrays: a forged file can't run code through them, but it can crash a program that predicts with
it. Load models of people you know.
"""

from __future__ import annotations

_BOOSTERS = frozenset(
    {
        "catboost.core.CatBoostClassifier",
        "catboost.core.CatBoostRegressor",
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRegressor",
    }
)

_SCIKIT_LEARN = frozenset(
    {
        "functools.partial",
        "scipy._external.array_api_compat.numpy._aliases.asarray",  # where newer versions of SciPy keep it
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.interpolate._bsplines._BSpline",  # from SciPy 1.18
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.RationalQuadratic",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    }
)

_OURS = frozenset(
    {
        "automl.estimators.coded.IntegerCategories",
        "automl.estimators.sharp.SharpClassifier",
        "automl.estimators.target.BentTarget",
        "automl.estimators.target.TargetBend",
        "automl.features.bins.Bins",
        "automl.features.categories.CategoryTables",
        "automl.features.dates.DateParts",
        "automl.features.generated.arithmetic.Arithmetic",
        "automl.features.generated.counts.Counts",
        "automl.features.generated.crosses.Crosses",
        "automl.features.generated.generation.Generation",
        "automl.features.generated.groups.GroupStatistics",
        "automl.features.generated.places.Places",
        "automl.features.preparation.Preparation",
        "automl.features.scaling.Scaler",
        "automl.features.text.TextTopics",
        "automl.pipeline.blend.BlendedClassifier",
        "automl.pipeline.blend.BlendedRegressor",
        "automl.pipeline.blend.Member",
        "automl.pipeline.calibration.CalibratedClassifier",
        "automl.pipeline.calibration.Calibration",
        "automl.pipeline.codes.Levels",
        "automl.pipeline.codes.NumberedCodes",
        "automl.pipeline.columns.Durations",
        "automl.pipeline.columns.FreeText",
        "automl.pipeline.columns.Numbers",
        "automl.pipeline.columns.PointsInTime",
        "automl.pipeline.columns.Truths",
        "automl.pipeline.conformal.ConformalClassifier",
        "automl.pipeline.conformal.ConformalPipeline",
        "automl.pipeline.conformal.ConformalRegressor",
        "automl.pipeline.deciding.CostClassifier",
        "automl.pipeline.deciding.ThresholdClassifier",
        "automl.pipeline.table.TableEncoder",
    }
)

ALLOWED = _BOOSTERS | _SCIKIT_LEARN | _OURS
