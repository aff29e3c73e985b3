{{/* Pod security "restricted", and a root file system that can't be written. */}}
{{- define "millrace.pod.security" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "millrace.container.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities: { drop: [ALL] }
{{- end -}}

{{/* What every pod has: (dict "root" $ "account" "…") */}}
{{- define "millrace.pod" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
# Variables for each Service of the namespace would be taken for settings.
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  {{- include "millrace.pod.security" . | nindent 2 }}
{{- end -}}

{{/* An annotation of what is meant to run images that a node has already; `.`: the pull policy. */}}
{{- define "millrace.cached" -}}
{{- if ne . "Always" -}}
kube-score/ignore: container-image-pull-policy
{{- end -}}
{{- end -}}
