{{- define "auditstream.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* At most 50 characters: Kubernetes appends a hash to the name of a StatefulSet and makes a label of it. */}}
{{- define "auditstream.fullname" -}}
{{- $name := include "auditstream.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "auditstream.selectorLabels" -}}
app.kubernetes.io/name: {{ include "auditstream.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "auditstream.labels" -}}
{{ include "auditstream.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "auditstream.serviceAccountName" -}}
{{- default (ternary (include "auditstream.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* The port of config.http.listen, which has to be reachable from outside of the pod. */}}
{{- define "auditstream.port" -}}
{{- $listen := dig "http" "listen" "" .Values.config }}
{{- if not (regexMatch ":[1-9][0-9]*$" $listen) }}
{{- fail (printf "config.http.listen: %q has no fixed port, and probes and Prometheus need one, such as 0.0.0.0:8083" $listen) }}
{{- end }}
{{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" $listen }}
{{- fail (printf "config.http.listen: the kubelet's probes can't reach the loopback address %q; use 0.0.0.0:8083" $listen) }}
{{- end }}
{{- regexFind "[0-9]+$" $listen }}
{{- end }}

{{/* A JSON list: networkPolicy.kafkaPorts, else the ports of config.kafka.bootstrap.servers. */}}
{{- define "auditstream.kafkaPorts" -}}
{{- $ports := .Values.networkPolicy.kafkaPorts }}
{{- if not $ports }}
{{- range splitList "," (dig "kafka" "bootstrap.servers" "" .Values.config) }}
{{- if contains "${" . }}
{{- fail "networkPolicy.kafkaPorts: name the brokers' ports, as config.kafka.bootstrap.servers doesn't" }}
{{- end }}
{{- $ports = append $ports (int (regexFind "[0-9]+$" (regexFind ":[0-9]+$" (trim .)) | default "9092")) }}
{{- end }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/* The files of .Values.sources; a disabled example if there is no source anywhere, because `run` refuses to have none. */}}
{{- define "auditstream.sources" -}}
{{- if or .Values.sources .Values.sourceConfigMaps .Values.config.sources }}
{{- range $file, $list := .Values.sources }}
{{- if not (regexMatch "^[A-Za-z0-9_-][A-Za-z0-9._-]*\\.yaml$" $file) }}
{{- fail (printf "sources: %q is not the name of a file that ends in .yaml" $file) }}
{{- end }}
{{ $file }}: |
  {{- $list | toYaml | nindent 2 }}
{{- end }}
{{- else }}
example.yaml: |
  # Polls nothing. It goes as soon as the chart is given a source.
  - name: example
    vendor: tines
    tenant_domain: example.tines.com
    api_key: none
    enabled: false
{{- end }}
{{- end }}
