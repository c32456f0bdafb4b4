"""Checks what describes containers as far as that goes without running any: YAML, schemas, and files that are named."""

import re
import sys
from pathlib import Path

import kubernetes_validate
import yaml

VERSION = "1.30"

packaging = Path(__file__).resolve().parent.parent
workspace = packaging.parent


def there(path: Path, by: str) -> None:
    if not path.exists():
        sys.exit(f"{by} names {path}, which is not there")


manifests = packaging / "kubernetes"
for file in sorted(manifests.glob("*.yaml")):
    for document in yaml.safe_load_all(file.read_text()):
        if document["kind"] == "Kustomization":
            for name in document["resources"]:
                there(manifests / name, file.name)
        else:
            kubernetes_validate.validate(document, VERSION, strict=True)
        print(f"  {file.name}: {document['kind']}")

compose = packaging / "container/compose.yaml"
described = yaml.safe_load(compose.read_text())
for name, service in described["services"].items():
    if "build" in service:
        context = compose.parent / service["build"]["context"]
        there(context / service["build"]["dockerfile"], compose.name)
        if "healthcheck" not in service:
            sys.exit(f"the service {name} has no health check: one of the image is lost in podman's own format")
    for volume in service["volumes"]:
        if volume.split(":")[0] not in described["volumes"]:
            sys.exit(f"the service {name} has a volume that is not described: {volume}")
    if not set(service.get("depends_on", {})) <= set(described["services"]):
        sys.exit(f"the service {name} depends on none of these")
print(f"  {compose.name}: {', '.join(described['services'])}")

image = (packaging / "container/Containerfile").read_text()
rust = re.search(r"rust:([0-9.]+)-", image).group(1)
if f'rust-version = "{rust}"' not in (workspace / "Cargo.toml").read_text():
    sys.exit(f"Containerfile builds with Rust {rust}, which is not that of the workspace")
if not re.search(r"^USER nonroot$", image, re.MULTILINE) or "HEALTHCHECK" not in image:
    sys.exit("Containerfile has no ordinary user or no health check")
print(f"  Containerfile: Rust {rust}")
