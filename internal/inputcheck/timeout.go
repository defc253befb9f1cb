package inputcheck

import (
	"errors"
	"time"

	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// timeout checks a duration that the framework's own validator has parsed.
var timeout = Text{"must be longer than zero", "Not a timeout", func(text string) error {
	if duration, err := time.ParseDuration(text); err == nil && duration <= 0 {
		return errors.New("a timeout must be longer than zero")
	}
	return nil
}}

// ResourceTimeouts refuses timeouts of the framework's block that end an operation before it starts.
//
//nolint:forcetypeassert // Blocks of other types would panic in each test that reads the schema.
func ResourceTimeouts(block resource.Block) resource.Block {
	nested, _ := block.(resource.SingleNestedBlock)
	for name, attribute := range nested.Attributes {
		if text, ok := attribute.(resource.StringAttribute); ok {
			text.Validators = append(text.Validators, timeout)
			nested.Attributes[name] = text
		}
	}
	return nested
}

// DataSourceTimeouts is ResourceTimeouts for a data source.
//
//nolint:forcetypeassert // Blocks of other types would panic in each test that reads the schema.
func DataSourceTimeouts(block datasource.Block) datasource.Block {
	nested, _ := block.(datasource.SingleNestedBlock)
	for name, attribute := range nested.Attributes {
		if text, ok := attribute.(datasource.StringAttribute); ok {
			text.Validators = append(text.Validators, timeout)
			nested.Attributes[name] = text
		}
	}
	return nested
}
