import { problemSchema } from './problem.ts';
import type { JsonSchema, Route } from './route.ts';

/** An OpenAPI 3.1 document as JSON data. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: JsonSchema;
}

export function openApi(routes: readonly Route[]): OpenApi {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace serve',
      version: '1',
      description: 'Results of the pipelines, and how they are doing.',
    },
    paths,
    components: { schemas: { Problem: problemSchema } },
  };
}

function operation(route: Route): JsonSchema {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(route.query ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    ...(description === undefined ? {} : { description }),
    schema,
  }));
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    parameters: [...inPath, ...inQuery],
    responses: responses(route),
  };
}

function responses({ answers, mediaType, problems }: Route): JsonSchema {
  const problem = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const meanings = { 400: 'A parameter is wrong.', ...problems, 500: 'The results could not be read.' };
  return {
    200: { description: 'OK', content: { [mediaType ?? 'application/json']: { schema: answers } } },
    ...Object.fromEntries(
      Object.entries(meanings).map(([status, description]) => [status, { description, content: problem }]),
    ),
  };
}

/** `get_pipelines_windows_name`: stable, unique, and a name that generators take. */
function operationId({ method, path }: Route): string {
  return [method.toLowerCase(), ...path.replace('/v1/', '').split('/')].join('_').replace(/[{}]/g, '');
}
