package main

import (
	"context"
	"path/filepath"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// binaries are the two providers, built as a release is.
type binaries struct {
	provider, empty string
	settings        string // a CLI configuration by which Terraform installs the provider
	sockets         string // a folder for what they listen on: they are killed, and don't tidy up
}

func build(ctx context.Context, folder string) (binaries, error) {
	built := binaries{empty: filepath.Join(folder, "terraform-provider-empty"), sockets: folder}
	var err error
	if built.provider, built.settings, err = terraformcli.Install(ctx, folder, terraformcli.ReleaseFlags...); err != nil {
		return binaries{}, err
	}
	return built, terraformcli.Build(ctx, "./internal/cmd/bench/emptyprovider", built.empty, terraformcli.ReleaseFlags...)
}
