{{/*
A server for trying: one pod whose files are gone with it, under the same rules of security as the stages.
(dict "root" $ "server" (…)); the server, as YAML:
  name, image, ports: {NAME: number}, env, command, args: as in a container
  writable: folders that it writes to; the first is its own, limited to 2 GiB
  prepare: a shell command that fills writable folders from the image, mounted below /writable
  ready: a probe; memory, cpu: limits
  reaches: names of other servers of these
*/}}
{{- define "millrace.server" -}}
{{- $root := .root -}}
{{- $server := .server -}}
{{- $about := dict "root" $root "app" (printf "millrace-%s" $server.name) "component" $server.name -}}
{{- $name := include "millrace.name" $root -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "millrace.metadata" $about | nindent 2 }}
  annotations:
    {{- include "millrace.cached" "IfNotPresent" | nindent 4 }}
spec:
  serviceName: {{ $name }}-{{ $server.name }}
  replicas: 1
  selector:
    matchLabels:
      {{- include "millrace.selector" $about | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "millrace.labels" $about | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}-{{ $server.name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        {{- include "millrace.pod.security" . | nindent 8 }}
      {{- with $server.prepare }}
      initContainers:
        - name: prepare
          image: {{ $server.image }}
          imagePullPolicy: IfNotPresent
          command: [sh, -c, {{ . | quote }}]
          volumeMounts:
            {{- range $number, $folder := $server.writable }}
            - { name: writable, mountPath: /writable{{ $folder }}, subPath: folder-{{ $number }} }
            {{- end }}
          resources:
            {{- include "millrace.server.resources" $server | nindent 12 }}
          securityContext:
            {{- include "millrace.container.security" . | nindent 12 }}
      {{- end }}
      containers:
        - name: {{ $server.name }}
          image: {{ $server.image }}
          imagePullPolicy: IfNotPresent
          {{- with $server.command }}
          command: {{ toJson . }}
          {{- end }}
          {{- with $server.args }}
          args: {{ toJson . }}
          {{- end }}
          env:
            - { name: HOME, value: /tmp }
            {{- range $variable, $value := $server.env }}
            - { name: {{ $variable }}, value: {{ $value | quote }} }
            {{- end }}
          ports:
            {{- range $port, $number := $server.ports }}
            - { name: {{ $port }}, containerPort: {{ $number }} }
            {{- end }}
          startupProbe:
            {{- toYaml $server.ready | nindent 12 }}
            periodSeconds: 5
            failureThreshold: 60
          readinessProbe:
            {{- toYaml $server.ready | nindent 12 }}
            periodSeconds: 10
            timeoutSeconds: 5
          volumeMounts:
            - { name: writable, mountPath: /tmp, subPath: tmp }
            {{- range $number, $folder := $server.writable }}
            - { name: writable, mountPath: {{ $folder }}, subPath: folder-{{ $number }} }
            {{- end }}
          resources:
            {{- include "millrace.server.resources" $server | nindent 12 }}
          securityContext:
            {{- include "millrace.container.security" . | nindent 12 }}
      volumes:
        - name: writable
          emptyDir: { sizeLimit: 2Gi }
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "millrace.metadata" $about | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  {{- include "millrace.metadata" $about | nindent 2 }}
spec:
  # A broker has to reach itself by its name before it is ready.
  clusterIP: None
  publishNotReadyAddresses: true
  ports:
    {{- range $port, $number := $server.ports }}
    - { name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }} }
    {{- end }}
  selector:
    {{- include "millrace.selector" $about | nindent 4 }}
{{- if $root.Values.network.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "millrace.metadata" $about | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "millrace.selector" $about | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - podSelector:
            matchLabels: { app.kubernetes.io/instance: {{ $root.Release.Name }} }
      ports:
        {{- range $port, $number := $server.ports }}
        - { port: {{ $port }}, protocol: TCP }
        {{- end }}
  egress:
    {{- include "millrace.egress" (dict "root" $root "uses" ($server.reaches | default list)) | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "millrace.server.resources" -}}
requests: { cpu: 100m, memory: {{ .memory }}, ephemeral-storage: 64Mi }
limits: { cpu: {{ .cpu | quote }}, memory: {{ .memory }}, ephemeral-storage: 2Gi }
{{- end -}}
