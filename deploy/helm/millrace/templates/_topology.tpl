{{/*
What each service is. uses: servers that it reaches, and whose secrets it gets. reads: Kafka topics after the pipeline's
name, by the group that reads them; those that read are limited by the lanes. door: others send it requests.
validate, enrich and aggregate write to Cassandra what they find on their topics that is not the pipeline's.
*/}}
{{- define "millrace.topology" -}}
ingest:
  uses: [kafka, registry, redis, otlp]
  door: true
validate:
  uses: [kafka, registry, redis, cassandra, otlp]
  reads: { validate: raw }
enrich:
  uses: [kafka, registry, redis, cassandra, otlp]
  reads: { enrich: validated }
aggregate:
  uses: [kafka, registry, redis, cassandra, otlp]
  reads: { aggregate: enriched }
route:
  uses: [kafka, registry, redis, cassandra, otlp]
  reads: { route.aggregated: aggregated, route.windows: windows, route.alerts: alerts }
serve:
  uses: [kafka, registry, redis, cassandra, otlp]
  door: true
{{- end -}}

{{/*
A stage's values over the defaults, with its place in the topology and its limits, as YAML:
(dict "root" $ "name" "ingest"). Fails where it could not work.
*/}}
{{- define "millrace.stage" -}}
{{- $own := get .root.Values.stages .name | default dict -}}
{{- $stage := mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy $own) -}}
{{- $place := get (include "millrace.topology" .root | fromYaml) .name -}}
{{- $stage = merge (dict "uses" $place.uses "reads" ($place.reads | default dict) "door" ($place.door | default false)) $stage -}}
{{- if eq .name "ingest" }}{{ $_ := set $stage "alone" (include "millrace.alone" (dict "root" .root "stage" $stage) | eq "true") }}{{ end -}}
{{- $scaling := $stage.scaling -}}
{{- if has .name .root.Values.stopped -}}
  {{- $_ := set $stage "replicas" 0 -}}
  {{- $_ := set $scaling "kind" "none" -}}
{{- end -}}
{{- if $place.reads -}}
  {{- $_ := set $scaling "max" (include "millrace.max" (dict "root" .root "name" .name "stage" $stage) | int) -}}
{{- else if eq $scaling.kind "lag" -}}
  {{- fail (printf "stages.%s.scaling.kind is lag, but %s reads nothing whose lag could be looked at. Set it to cpu or none." .name .name) -}}
{{- else -}}
  {{- $_ := set $scaling "max" (int $scaling.max | default 10) -}}
{{- end -}}
{{- $_ := set $scaling "min" (min (int $scaling.min) (int $scaling.max)) -}}
{{- toYaml $stage -}}
{{- end -}}

{{/* The most replicas that have something to do: one for each lane. (dict "root" $ "name" "validate" "stage" …) */}}
{{- define "millrace.max" -}}
{{- $document := include "millrace.document" .root | fromYaml -}}
{{- $lanes := int $document.lanes -}}
{{- $scaling := .stage.scaling -}}
{{- $asked := ternary (int .stage.replicas) (int $scaling.max) (eq $scaling.kind "none") -}}
{{- if gt $asked $lanes -}}
  {{- $key := ternary "replicas" "scaling.max" (eq $scaling.kind "none") -}}
  {{- fail (printf "%s of stage %s is %d, but pipeline %s has %d lanes, and a replica without a lane does nothing. Set at most %d; or raise `lanes` in the document, which is a new generation (millrace reset)." $key .name $asked $document.pipeline $lanes $lanes) -}}
{{- end -}}
{{- $asked | default $lanes -}}
{{- end -}}

{{/* "true": ingest reads files, which two pods would take from each other for ever. (dict "root" $ "stage" …) */}}
{{- define "millrace.alone" -}}
{{- $files := (include "millrace.document" .root | fromYaml).files -}}
{{- if $files -}}
  {{- if or (ne .stage.scaling.kind "none") (gt (int .stage.replicas) 1) -}}
    {{- fail (printf "ingest reads files (%s), and only one process can. Set stages.ingest.replicas to 1 and stages.ingest.scaling.kind to none; or read them in a pipeline of their own, or leave these sources out." (join ", " $files)) -}}
  {{- end -}}
  true
{{- end -}}
{{- end -}}
