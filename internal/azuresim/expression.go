package azuresim

import (
	"cmp"
	"fmt"
	"time"
)

// compiler turns the expressions of an operator into functions of a row. It finds what is wrong with them also where there
// are no rows.
type compiler struct {
	columns  []column
	operator string
	now      time.Time
}

// compiled is an expression of a known type.
type compiled struct {
	kind kind
	of   func(row) any
}

func (c compiler) compile(x expression) (compiled, error) {
	switch {
	case x.call:
		return c.compileCall(x)
	case x.at.is("and"):
		return c.compileAnd(x)
	case len(x.operands) > 0:
		return c.compileComparison(x)
	case x.isColumn():
		return c.compileColumn(x)
	default:
		return compiled{kindOf(x), func(row) any { return x.literal }}, nil
	}
}

// compileCondition compiles an expression that must be true or false.
func (c compiler) compileCondition(x expression) (compiled, error) {
	made, err := c.compile(x)
	if err == nil && made.kind != kindBool {
		err = notUnderstood(x.at, "it expects a condition, not a %s", made.kind)
	}
	return made, err
}

func (x expression) isColumn() bool {
	return x.at.kind == tokenName && x.literal == nil && !x.call && len(x.operands) == 0
}

// kindOf is the type of a literal, which is told by its token since a null has no type.
func kindOf(x expression) kind {
	kinds := map[tokenKind]kind{
		tokenText: kindString, tokenLong: kindLong, tokenReal: kindReal, tokenName: kindBool, tokenDatetime: kindDatetime, tokenTimespan: kindTimespan,
	}
	return kinds[x.at.kind]
}

// compileColumn words the error as the service does: another one than that of a table, under the same code (Log Analytics
// facts, section 1).
func (c compiler) compileColumn(x expression) (compiled, error) {
	i := indexOf(c.columns, x.at.text)
	if i < 0 {
		return compiled{}, &semanticError{codeUnresolved, fmt.Sprintf("'%s' operator: Failed to resolve scalar expression named '%s'", c.operator, x.at.text)}
	}
	return compiled{c.columns[i].Type, func(r row) any { return r.values[i] }}, nil
}

func (c compiler) compileCall(x expression) (compiled, error) {
	var arguments []compiled
	for _, operand := range x.operands {
		argument, err := c.compile(operand)
		if err != nil {
			return compiled{}, err
		}
		arguments = append(arguments, argument)
	}
	switch name := x.at.text; {
	case name == "ingestion_time" && len(arguments) == 0:
		return compiled{kindDatetime, func(r row) any { return r.ingested }}, nil
	case name == "ago" && len(arguments) == 1 && arguments[0].kind == kindTimespan:
		return compiled{kindDatetime, func(r row) any { return c.ago(arguments[0].of(r)) }}, nil
	case name == "isempty" && len(arguments) == 1:
		return compiled{kindBool, func(r row) any { return isEmpty(arguments[0].of(r)) }}, nil
	case name == "isnotempty" && len(arguments) == 1:
		return compiled{kindBool, func(r row) any { return !isEmpty(arguments[0].of(r)) }}, nil
	default:
		return compiled{}, notUnderstood(x.at, "it knows the functions ago(timespan), ingestion_time(), isempty(value) and isnotempty(value)")
	}
}

func (c compiler) ago(length any) any {
	if length, known := length.(time.Duration); known {
		return c.now.Add(-length)
	}
	return nil
}

func isEmpty(value any) bool { return value == nil || value == "" }

// compileAnd is false as soon as one side is, whatever the other: null is neither true nor false.
func (c compiler) compileAnd(x expression) (compiled, error) {
	left, err := c.compileCondition(x.operands[0])
	if err != nil {
		return compiled{}, err
	}
	right, err := c.compileCondition(x.operands[1])
	return compiled{kindBool, func(r row) any {
		a, b := left.of(r), right.of(r)
		switch {
		case a == false || b == false:
			return false
		case a == nil || b == nil:
			return nil
		default:
			return true
		}
	}}, err
}

// compileComparison compares values of one type, or numbers. What is compared with null is null.
func (c compiler) compileComparison(x expression) (compiled, error) {
	left, err := c.compile(x.operands[0])
	if err != nil {
		return compiled{}, err
	}
	right, err := c.compile(x.operands[1])
	if err != nil {
		return compiled{}, err
	}
	if left.kind != right.kind && (!left.isNumber() || !right.isNumber()) {
		return compiled{}, notUnderstood(x.at, "it compares no %s with a %s", left.kind, right.kind)
	}
	if (left.kind == kindBool || left.kind == kindString) && !x.at.is("==") && !x.at.is("!=") {
		return compiled{}, notUnderstood(x.at, "it does not put values of type %s in order", left.kind)
	}
	return compiled{kindBool, func(r row) any {
		a, b := left.of(r), right.of(r)
		if a == nil || b == nil {
			return nil
		}
		return holds(x.at.text, order(a, b))
	}}, nil
}

func (c compiled) isNumber() bool { return c.kind == kindLong || c.kind == kindReal }

func holds(operator string, order int) bool {
	switch operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// order compares two values of one type, or two numbers. Neither is null.
func order(a, b any) int {
	switch a := a.(type) {
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	case time.Duration:
		b, _ := b.(time.Duration)
		return cmp.Compare(a, b)
	case string:
		b, _ := b.(string)
		return cmp.Compare(a, b)
	case int64:
		if b, both := b.(int64); both {
			return cmp.Compare(a, b)
		}
	case bool:
		if a == b {
			return 0
		}
		return 1 // whichever: bools are only told apart
	}
	return cmp.Compare(realOf(a), realOf(b))
}

func realOf(number any) float64 {
	if whole, isLong := number.(int64); isLong {
		return float64(whole)
	}
	n, _ := number.(float64)
	return n
}
