package attest

import (
	"bytes"
	"strings"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/package-url/packageurl-go"

	"github.com/slipway-dev/slipway/internal/inventory"
)

// Image is what an SBOM is about: one platform's.
type Image struct {
	Name     string // the model's
	Digest   string // of its manifest
	Platform string
}

// SBOM lists the packages in an image as CycloneDX. It holds no time, no
// serial number and no version of ours: the same image has the same SBOM, byte
// for byte.
func SBOM(image Image, found inventory.Inventory) ([]byte, error) {
	_, architecture, _ := strings.Cut(image.Platform, "/")
	subject := packageurl.NewPackageURL(packageurl.TypeOCI, "", image.Name, image.Digest,
		packageurl.QualifiersFromMap(map[string]string{"arch": architecture}), "").ToString()
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{
		Component: &cyclonedx.Component{BOMRef: subject, Type: cyclonedx.ComponentTypeContainer, Name: image.Name, Version: image.Digest, PackageURL: subject},
		Tools:     &cyclonedx.ToolsChoice{Components: &[]cyclonedx.Component{{Type: cyclonedx.ComponentTypeApplication, Name: "slipway"}}},
	}
	components := components(found)
	bom.Components = &components
	// Files that no package brought are not listed, and with databases that were not read not all packages are either.
	aggregate := cyclonedx.CompositionAggregateUnknown
	if len(found.Unread) > 0 {
		aggregate = cyclonedx.CompositionAggregateIncomplete
	}
	bom.Compositions = &[]cyclonedx.Composition{{Aggregate: aggregate, Assemblies: &[]cyclonedx.BOMReference{cyclonedx.BOMReference(subject)}}}
	var out bytes.Buffer
	err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetEscapeHTML(false).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
	return out.Bytes(), err
}

// components are the packages, each once, with every place where it was found.
func components(found inventory.Inventory) []cyclonedx.Component {
	out := []cyclonedx.Component{}
	places := map[string]*[]cyclonedx.EvidenceOccurrence{}
	for _, p := range found.Packages {
		purl := purl(p, found.Distribution)
		place := cyclonedx.EvidenceOccurrence{Location: p.Path}
		if known := places[purl]; known != nil {
			*known = append(*known, place)
			continue
		}
		places[purl] = &[]cyclonedx.EvidenceOccurrence{place}
		out = append(out, cyclonedx.Component{
			BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: p.Name, Version: p.Version, PackageURL: purl,
			Evidence: &cyclonedx.Evidence{Occurrences: places[purl]},
		})
	}
	return out
}

// purl is the package's name for scanners
// (https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst).
func purl(p inventory.Package, d inventory.Distribution) string {
	namespace, name := "", p.Name
	qualifiers := map[string]string{}
	switch p.Type {
	case inventory.Python:
		name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	case inventory.Npm:
		if scope, rest, ok := strings.Cut(name, "/"); ok {
			namespace, name = scope, rest
		}
	case inventory.Debian:
		if namespace = d.ID; namespace == "" {
			namespace = "debian"
		}
		if p.Architecture != "" {
			qualifiers["arch"] = p.Architecture
		}
		if d.ID != "" && d.Version != "" {
			qualifiers["distro"] = d.ID + "-" + d.Version
		}
		if p.Source != "" { // vulnerabilities are told by source package
			qualifiers["upstream"] = p.Source
		}
	}
	return packageurl.NewPackageURL(p.Type, namespace, name, p.Version, packageurl.QualifiersFromMap(qualifiers), "").ToString()
}
