{{/*
Rules of what may be reached: names, and the servers in `uses` on the ports of their addresses.
(dict "root" $ "uses" (list "kafka" …))
*/}}
{{- define "millrace.egress" -}}
{{- $network := .root.Values.network -}}
{{- $settings := include "millrace.settings" .root | fromYaml -}}
{{- $addresses := dict "kafka" $settings.kafka "registry" $settings.registry "redis" $settings.redis "cassandra" $settings.cassandra "otlp" ($settings.otlp_endpoint | default "") -}}
- to:
    {{- toYaml $network.dns | nindent 4 }}
  ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
{{- range $server := .uses }}
{{- with get $addresses $server }}
{{- $peers := get $network.servers $server }}
{{- $to := $peers.to }}
{{- if and $.root.Values.laptop.enabled (not $to) }}
{{- $name := eq $server "otlp" | ternary "jaeger" $server }}
{{- $selector := include "millrace.selector" (dict "root" $.root "app" (printf "millrace-%s" $name) "component" $name) | fromYaml }}
{{- $to = list (dict "podSelector" (dict "matchLabels" $selector)) }}
{{- end }}
{{- $ports := concat (include "millrace.ports" . | fromYamlArray) $peers.ports | uniq }}
- ports:
    {{- range $ports }}
    - { port: {{ int . }}, protocol: TCP }
    {{- end }}
  {{- with $to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Ports of addresses: a list, or text with commas, of host:port or URLs. */}}
{{- define "millrace.ports" -}}
{{- $usual := dict "http" 80 "https" 443 "redis" 6379 "rediss" 6379 -}}
{{- $ports := list -}}
{{- range splitList "," (join "," .) -}}
  {{- $address := trim . -}}
  {{- $scheme := regexFind "^[a-z]+://" $address | trimSuffix "://" -}}
  {{- $host := regexReplaceAll "^[a-z]+://" $address "" | splitList "/" | first -}}
  {{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
  {{- $ports = append $ports (int (default (get $usual $scheme) $port)) -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}
