"""Banks' entries against ordered payments: a pure function of both, without input, output or clock."""
