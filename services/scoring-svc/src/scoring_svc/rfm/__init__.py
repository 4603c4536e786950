"""RFM 客户价值矩阵: who bought recently, often and much, on a grid of quintiles."""
