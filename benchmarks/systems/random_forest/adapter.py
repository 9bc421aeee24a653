"""The reference: a random forest of scikit-learn as someone writes it down in a minute; it ignores the budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapting import Adapter, probabilities, run

FEW = 10  # categories up to this many get a column each


class RandomForest(Adapter):
    """Medians for gaps, a column per category where there are few and a code where there are many, 300 trees."""

    libraries = ("scikit-learn", "pandas", "numpy")

    def start(self, job: dict[str, Any]) -> None:
        """Import what the pipeline is made of."""
        import joblib  # noqa: F401

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Fit the pipeline."""
        from sklearn.compose import make_column_transformer
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

        X = self._readable(X)
        numeric = [name for name in X.columns if X[name].dtype.kind in "iufb"]
        words = [name for name in X.columns if name not in numeric]
        few = [name for name in words if X[name].nunique() <= FEW]
        many = [name for name in words if name not in few]
        prepare = make_column_transformer(
            (SimpleImputer(strategy="median", keep_empty_features=True), numeric),
            (OneHotEncoder(handle_unknown="ignore"), few),
            (
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
                many,
            ),
        )
        self.classifies = job["task"] != "regression"
        kind = RandomForestClassifier if self.classifies else RandomForestRegressor
        forest = kind(n_estimators=300, n_jobs=job["cores"], random_state=job["seed"])
        self.pipeline = make_pipeline(prepare, forest).fit(X, y)

    def _readable(self, X: Any) -> Any:
        """Turn dates into seconds and categories into words, which scikit-learn can take."""
        X = X.copy()
        for name in X.columns:
            if X[name].dtype.kind == "M":
                X[name] = X[name].astype("int64") / 1e9
            elif X[name].dtype.kind not in "iufb":
                X[name] = X[name].astype(object).where(X[name].notna(), None)
        return X

    def predict(self, X: Any) -> Any:
        """Ask the forest."""
        if not self.classifies:
            return self.pipeline.predict(self._readable(X))
        return probabilities(self.pipeline.predict_proba(self._readable(X)), self.pipeline.classes_)

    def save(self, folder: Path) -> None:
        """Dump the pipeline."""
        import joblib

        joblib.dump(self.pipeline, folder / "pipeline.joblib")

    def told(self) -> dict[str, Any]:
        """Return the number of trees."""
        return {"trees": 300}


if __name__ == "__main__":
    run(RandomForest)
