"""Matrix factorisation by alternating least squares, through the package implicit."""

import numpy as np
from scipy import sparse

from precision_marketing.frames import one_thread

# Of 32 and 64 factors and confidences 1 to 40, best on the fit fold of Online Retail.
FACTORS, CONFIDENCE, REGULARISATION, ITERATIONS = 64, 1.0, 0.01, 15
# With nearly as many factors as items, what was bought is recalled and nothing learned.
ITEMS_PER_FACTOR = 4


def factorise(
    bought: sparse.csr_matrix, *, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Factors of customers and items whose inner products say what is bought.

    Parameters
    ----------
    bought : scipy.sparse.csr_matrix of shape (customers, items)
        Ones.
    random_state : int

    Returns
    -------
    customers : numpy.ndarray of shape (customers, factors), float64
    items : numpy.ndarray of shape (items, factors), float64

    Raises
    ------
    ImportError
        When the package implicit is not installed.
    """
    try:
        from implicit.cpu.als import AlternatingLeastSquares
    except ImportError as error:
        raise ImportError(
            "pm_recommendation_als is true, and the package implicit is not installed; "
            'pip install "precision-marketing[als]", or set the var to false'
        ) from error
    with one_thread():
        model = AlternatingLeastSquares(
            factors=min(FACTORS, max(1, bought.shape[1] // ITEMS_PER_FACTOR)),
            alpha=CONFIDENCE,
            regularization=REGULARISATION,
            iterations=ITERATIONS,
            random_state=random_state,
            # The sums of more threads differ in their last digits.
            num_threads=1,
        )
        model.fit(bought.astype(np.float32), show_progress=False)
    return model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
