{{/* The services' configuration file, as YAML: what people said, over what the chart's own servers are called. */}}
{{- define "millrace.settings" -}}
{{- $name := include "millrace.name" . -}}
{{- $own := dict -}}
{{- if .Values.laptop.enabled -}}
  {{- $own = dict
    "kafka" (printf "%s-kafka:9092" $name)
    "registry" (printf "http://%s-registry:8080/apis/ccompat/v7" $name)
    "redis" (printf "redis://%s-redis:6379" $name)
    "cassandra" (printf "%s-cassandra:9042" $name)
    "otlp_endpoint" (printf "http://%s-jaeger:4318" $name)
    "replication" 1 -}}
{{- end -}}
{{- $settings := merge (deepCopy .Values.configuration) $own (dict "drain" "20s") -}}
{{- range list "kafka" "registry" "redis" "cassandra" -}}
  {{- if not (get $settings .) -}}
    {{- fail (printf "configuration.%s is missing: where it is (docs/configuration.md). To try without servers of your own: --values values-laptop.yaml" .) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* A duration such as 90s in whole seconds, rounded up. */}}
{{- define "millrace.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}{{ div (add $number 999) 1000 }}
{{- else -}}{{ mul $number (get (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit) }}
{{- end -}}
{{- end -}}

{{/* How secrets of a server become variables: those of its Secrets that are given. (dict "root" $ "server" "kafka") */}}
{{- define "millrace.server.env" -}}
{{- $secrets := get .root.Values.secrets .server | default dict -}}
{{- $folder := printf "/var/run/secrets/millrace/%s" .server -}}
{{- $prefix := printf "MILLRACE_%s" (upper .server) -}}
{{- with $secrets.credentials }}
- name: {{ $prefix }}_USERNAME
  valueFrom: { secretKeyRef: { name: {{ . }}, key: username, optional: {{ eq $.server "redis" }} } }
- { name: {{ $prefix }}_PASSWORD_FILE, value: {{ $folder }}/password }
{{- end }}
{{- with $secrets.authority }}
- { name: {{ $prefix }}_TLS_CA, value: {{ $folder }}/ca.crt }
{{- end }}
{{- with $secrets.certificate }}
- { name: {{ $prefix }}_TLS_CERT, value: {{ $folder }}/tls.crt }
- { name: {{ $prefix }}_TLS_KEY, value: {{ $folder }}/tls.key }
{{- end }}
{{- end -}}

{{/* The same as files: sources of one projected volume. */}}
{{- define "millrace.server.files" -}}
{{- $secrets := get .root.Values.secrets .server | default dict -}}
{{- range $kind, $keys := dict "credentials" (list "password") "authority" (list "ca.crt") "certificate" (list "tls.crt" "tls.key") }}
{{- with get $secrets $kind }}
- secret:
    name: {{ . }}
    items:
      {{- range $keys }}
      - { key: {{ . }}, path: {{ $.server }}/{{ . }} }
      {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "uses" (list "kafka" …) "configuration" (dict …) "document" true): variables of a container. */}}
{{- define "millrace.env" -}}
- { name: MILLRACE_PIPELINE, value: /etc/millrace/pipeline.yaml }
- { name: MILLRACE_CONFIG, value: /etc/millrace/settings.yaml }
- { name: MILLRACE_HOST, value: 0.0.0.0 }
- { name: MILLRACE_PORT, value: "8080" }
{{- range $key, $value := .configuration }}
- { name: MILLRACE_{{ upper $key }}, value: {{ join "," $value | quote }} }
{{- end }}
{{- range .uses }}
{{- include "millrace.server.env" (dict "root" $.root "server" .) }}
{{- end }}
{{- if .root.Values.secrets.pipeline }}
{{- range (include "millrace.document" .root | fromYaml).secrets }}
- { name: MILLRACE_SECRET_{{ upper . }}_FILE, value: /var/run/secrets/millrace/pipeline/{{ . }} }
{{- end }}
{{- end }}
{{- end -}}

{{/* Sources of the volume of secrets; empty: there are none. (dict "root" $ "uses" (list …)) */}}
{{- define "millrace.secrets" -}}
{{- range .uses }}
{{- include "millrace.server.files" (dict "root" $.root "server" .) }}
{{- end }}
{{- with .root.Values.secrets.pipeline }}
- secret:
    name: {{ . }}
    items:
      {{- range (include "millrace.document" $.root | fromYaml).secrets }}
      - { key: {{ . }}, path: pipeline/{{ . }} }
      {{- end }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "uses" (list …)) */}}
{{- define "millrace.mounts" -}}
- { name: configuration, mountPath: /etc/millrace, readOnly: true }
{{- if include "millrace.secrets" . | trim }}
- { name: secrets, mountPath: /var/run/secrets/millrace, readOnly: true }
{{- end }}
- { name: scratch, mountPath: /tmp }
{{- end -}}

{{/* (dict "root" $ "uses" (list …) "map" "the ConfigMap's name"): volumes of a pod. */}}
{{- define "millrace.volumes" -}}
- name: configuration
  configMap: { name: {{ .map }} }
{{- with include "millrace.secrets" . | trim }}
- name: secrets
  projected:
    # 0440: only the pod's group reads them.
    defaultMode: 288
    sources:
      {{- . | nindent 6 }}
{{- end }}
- name: scratch
  emptyDir: { sizeLimit: 64Mi }
{{- end -}}

{{/* Entries of the ConfigMap, whose folder is /etc/millrace. */}}
{{- define "millrace.files" -}}
pipeline.yaml: {{ .Values.pipeline | toJson }}
settings.yaml: |
  {{- include "millrace.settings" . | nindent 2 }}
{{- end -}}
