"""Recommendations 商品推荐: what goes with what a customer bought, if that beats the top list."""
