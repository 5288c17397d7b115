"""What a nation's banks tell their provinces: daily statements in the banks' own forms, faults among them."""
