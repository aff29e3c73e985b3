{{/* What the chart needs of the pipeline document, as YAML: pipeline, lanes, secrets, files (names of sources that
read files). Fails where there is none. */}}
{{- define "millrace.document" -}}
{{- $text := .Values.pipeline -}}
{{- if not $text -}}
  {{- fail "pipeline is missing. Make it with `millrace bundle pipeline.yaml > bundle.yaml`, and give it with --set-file pipeline=bundle.yaml" -}}
{{- end -}}
{{- $document := fromYaml $text -}}
{{- if not (hasKey $document "pipeline") -}}
  {{- fail (printf "pipeline is not a pipeline document: %s. Give what `millrace bundle` writes, with --set-file (not --set) pipeline=bundle.yaml" (default "it has no key `pipeline`" $document.Error)) -}}
{{- end -}}
{{- if gt (len $text) 1000000 -}}
  {{- fail (printf "pipeline has %d bytes, but a ConfigMap holds at most 1,000,000. Take large tables out of it: a folder of the stage (stages.enrich.volumes), or a table that is not a file." (len $text)) -}}
{{- end -}}
{{- if and $document.secrets (not .Values.secrets.pipeline) -}}
  {{- fail (printf "secrets.pipeline is missing: the document wants secrets (%s). Name a Secret that has a key for each." (join ", " $document.secrets)) -}}
{{- end -}}
{{- $files := list -}}
{{- range $name, $source := $document.sources | default dict -}}
  {{- if hasKey $source "file" }}{{ $files = append $files $name }}{{ end -}}
{{- end -}}
{{- dict "files" $files "pipeline" $document.pipeline "lanes" (int ($document.lanes | default 8)) "secrets" ($document.secrets | default list) | toYaml -}}
{{- end -}}
