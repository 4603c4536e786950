"""Service records 服务记录: services before, in and after a sale, step by step, each with its time."""
