package main

import (
	"fmt"
	"slices"
)

// spread is the median of several measurements, the least and the greatest.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spreadOf[T any](measurements []T, value func(T) float64) spread {
	values := make([]float64, len(measurements))
	for i, m := range measurements {
		values[i] = value(m)
	}
	slices.Sort(values)
	last := len(values) - 1
	return spread{Median: (values[last/2] + values[(last+1)/2]) / 2, Min: values[0], Max: values[last]}
}

func (s spread) String() string { return fmt.Sprintf("%.3g (%.3g-%.3g)", s.Median, s.Min, s.Max) }
