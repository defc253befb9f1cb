// Package signin chooses how to sign in to Entra ID, and makes credentials that give tokens of one tenant and of no other.
package signin

// Input is one value that the user gave. It remembers where, so that an error can send the user to the right place without ever
// showing the value.
type Input struct {
	Value string
	// Source is the place in the user's words: "tenant_id in the provider block", "ARM_TENANT_ID".
	Source string
	// InBlock says that the provider block itself holds the value. What the block says beats the
	// environment, also in the choice of the method.
	InBlock bool
}

func (i Input) given() bool { return i.Value != "" }

// both is an input that takes two values. The provider block asks for it by either.
func both(a, b Input) Input {
	if !a.given() || !b.given() {
		return Input{}
	}
	return Input{Value: b.Value, Source: a.Source + " and " + b.Source, InBlock: a.InBlock || b.InBlock}
}

// together is both, where one of them alone asks for another method: the provider block asks for it only by the two.
func together(a, b Input) Input {
	input := both(a, b)
	input.InBlock = a.InBlock && b.InBlock
	return input
}

// either is the input that has a value, and of two the one in the block, else the first.
func either(a, b Input) Input {
	if !a.given() || b.given() && b.InBlock && !a.InBlock {
		return b
	}
	return a
}

// Config is all that the user said about signing in. An input that stands for true or false has a value for true.
type Config struct {
	TenantID Input
	ClientID Input

	ClientSecret        Input
	Certificate         Input // a PFX in base64
	CertificatePath     Input // of a PFX or PEM file
	CertificatePassword Input

	UseOIDC          Input
	OIDCToken        Input
	OIDCTokenPath    Input
	OIDCRequestURL   Input
	OIDCRequestToken Input
	ADOConnectionID  Input

	UseAKS            Input
	UseMSI            Input
	ManagedIdentityID Input // the client id of a user-assigned identity
	UseCLI            Input
	UseDevCLI         Input

	DisableInstanceDiscovery bool
}
