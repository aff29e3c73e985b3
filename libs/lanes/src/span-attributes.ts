/**
 * Names of span attributes. Those of OpenTelemetry are its semantic conventions 1.4x for messaging, databases and HTTP;
 * libs/service's tests compare them with the published constants. `millrace.` is ours; docs/tracing.md lists them.
 */
export const ATTRIBUTE = {
  messagingSystem: 'messaging.system',
  operationType: 'messaging.operation.type',
  operationName: 'messaging.operation.name',
  topic: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  offset: 'messaging.kafka.offset',
  group: 'messaging.consumer.group.name',
  databaseSystem: 'db.system.name',
  databaseOperation: 'db.operation.name',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  urlPath: 'url.path',
  errorType: 'error.type',
  pipeline: 'millrace.pipeline',
  stage: 'millrace.stage',
  lane: 'millrace.lane',
  eventId: 'millrace.event.id',
  source: 'millrace.source',
  /** What became of the record in this stage: docs/tracing.md. */
  outcome: 'millrace.outcome',
  /** Why it was refused: docs/errors.md. */
  code: 'millrace.code',
  flags: 'millrace.flags',
  window: 'millrace.window.name',
  windowStart: 'millrace.window.start',
  windowFinal: 'millrace.window.final',
  alert: 'millrace.alert.name',
  rows: 'millrace.rows',
  sink: 'millrace.sink',
  /** The sink's idempotency key. */
  delivery: 'millrace.delivery.id',
  accepted: 'millrace.request.accepted',
  rejected: 'millrace.request.rejected',
} as const;
