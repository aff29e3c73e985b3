{{/* Names, which never change while the release lives: autoscalers, dashboards and people hold on to them. */}}

{{- define "millrace.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
What never changes, so that selectors can hold it: (dict "root" $ "component" "ingest"). `app` is millrace for the stages
alone: what else runs has an app of its own.
*/}}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: {{ default "millrace" .app }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* (dict "root" $ "component" "ingest") */}}
{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "component" "ingest" "suffix" "ingest") */}}
{{- define "millrace.metadata" -}}
name: {{ include "millrace.name" .root }}-{{ default .component .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "millrace.labels" . | nindent 2 }}
{{- end -}}

{{/* (dict "root" $ "name" "ingest" "digest" "") */}}
{{- define "millrace.image" -}}
{{- $image := .root.Values.image -}}
{{- $repository := printf "%s/%s" $image.repository .name -}}
{{- with $image.registry }}{{ $repository = printf "%s/%s" . $repository }}{{ end -}}
{{- $tag := printf "%s:%s" $repository (default .root.Chart.AppVersion $image.tag) -}}
{{- with .digest }}{{ $tag = printf "%s@%s" $tag . }}{{ end -}}
{{- $tag -}}
{{- end -}}

{{/* Annotations of what comes before an install and an upgrade; `.`: its place in the order. */}}
{{- define "millrace.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
