{{/* How fast replicas come and go, for both kinds of autoscaler. `.`: a stage's `scaling`. */}}
{{- define "millrace.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: {{ .upStabilizationSeconds }}
  policies:
    # Doubled at most, so that a moment's crowd does not move every lane.
    - { type: Percent, value: 100, periodSeconds: 60 }
    - { type: Pods, value: 2, periodSeconds: 60 }
scaleDown:
  stabilizationWindowSeconds: {{ .downStabilizationSeconds }}
  policies:
    - { type: Pods, value: 1, periodSeconds: {{ .downPeriodSeconds }} }
{{- end -}}

{{/* KEDA's trigger by what waits in a topic: (dict "root" $ "group" "validate" "topic" "raw" "lag" 5000) */}}
{{- define "millrace.lag" -}}
{{- $settings := include "millrace.settings" .root | fromYaml -}}
{{- $pipeline := (include "millrace.document" .root | fromYaml).pipeline -}}
- type: kafka
  name: {{ .topic }}
  metadata:
    bootstrapServers: {{ join "," $settings.kafka | nospace | quote }}
    consumerGroup: {{ $pipeline }}.{{ .group }}
    topic: {{ $pipeline }}.{{ .topic }}
    lagThreshold: {{ int .lag | quote }}
    offsetResetPolicy: earliest
    # A lane that waits for a person is not helped by replicas.
    excludePersistentLag: "true"
    # Replicas among which the lanes can be dealt evenly: one more would move lanes and help nobody.
    ensureEvenDistributionOfPartitions: "true"
    {{- with $settings.kafka_sasl }}
    sasl: {{ get (dict "plain" "plaintext" "scram-sha-256" "scram_sha256" "scram-sha-512" "scram_sha512") . }}
    {{- end }}
    {{- if $settings.kafka_tls }}
    tls: enable
    {{- end }}
{{- if include "millrace.lag.secrets" .root | trim }}
  authenticationRef: { name: {{ include "millrace.name" .root }}-kafka }
{{- end }}
{{- end -}}

{{/* How KEDA logs in to Kafka; empty: it needs no secret. */}}
{{- define "millrace.lag.secrets" -}}
{{- $secrets := .Values.secrets.kafka -}}
{{- with $secrets.credentials }}
- { parameter: username, name: {{ . }}, key: username }
- { parameter: password, name: {{ . }}, key: password }
{{- end }}
{{- with $secrets.authority }}
- { parameter: ca, name: {{ . }}, key: ca.crt }
{{- end }}
{{- with $secrets.certificate }}
- { parameter: cert, name: {{ . }}, key: tls.crt }
- { parameter: key, name: {{ . }}, key: tls.key }
{{- end }}
{{- end -}}
