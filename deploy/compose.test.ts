import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readConfiguration } from '@millrace/service/configuration/configuration';
import { Ajv } from 'ajv';
import { SERVICES } from './cluster/cluster.ts';
import { type ComposeFile, deploy, document } from './fixtures/documents.ts';

const compose = document<ComposeFile>('compose.yaml');
const services = Object.entries(compose.services);
const own = services.filter(([, { image }]) => image.startsWith('millrace/'));

test('the file is what the Compose specification allows', () => {
  const schema = JSON.parse(readFileSync(join(deploy, 'schemas/compose-spec.json'), 'utf8'));
  // Ajv knows draft 7 by its http address.
  const validate = new Ajv({ strict: false }).compile({
    ...schema,
    $schema: 'http://json-schema.org/draft-07/schema#',
  });
  validate(compose);
  expect(validate.errors).toBeNull();
  expect(validate({ services: { a: { imagge: 'b' } } })).toBe(false);
});

test('all services are there, each of them with its own target of the image', () => {
  expect(own.map(([name]) => name)).toEqual([...SERVICES]);
  const dockerfile = readFileSync(join(deploy, 'Dockerfile'), 'utf8');
  for (const [name, { image, build }] of own) {
    expect(image).toMatch(new RegExp(`^millrace/${name}:`));
    expect(build).toMatchObject({ context: '..', dockerfile: 'deploy/Dockerfile', target: name });
    expect(dockerfile).toContain(`FROM service AS ${name}\nCMD ["node", "apps/${name}/src/main.ts"]\n`);
    expect(existsSync(join(deploy, '../apps', name, 'src/main.ts'))).toBe(true);
  }
});

test('the services understand what they are told, and it leads to servers of the file', () => {
  const required = ['pipeline', 'kafka', 'registry', 'redis', 'cassandra', 'otlp_endpoint'] as const;
  for (const [, { environment = {}, depends_on = {} }] of own) {
    const { kafka, registry, redis, cassandra, port } = readConfiguration(environment, required);
    const hosts = [...kafka!, ...cassandra!, registry!, redis!].map((address) => hostOf(address));
    expect(hosts).toEqual(['kafka', 'cassandra', 'registry', 'redis']);
    expect(Object.keys(depends_on).sort()).toEqual([...hosts].sort());
    expect(hostOf(environment.MILLRACE_OTLP_ENDPOINT!)).toBe('jaeger');
    expect(port).toBe(8080);
  }
});

test('images are of one version, which is named', () => {
  const bases = [...readFileSync(join(deploy, 'Dockerfile'), 'utf8').matchAll(/^ARG BASE=(\S+)/gm)];
  const images = [...services.map(([, { image }]) => image), ...bases.map(([, image]) => image!)];
  expect(bases.length).toBeGreaterThan(0);
  for (const image of images) expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+\.\d+(-[a-z-]+)?$/);
});

test('nothing listens on other addresses than this machine’s own, nor two on one port', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  const hostPorts = ports.map((port) => port.split(':')[1]);
  expect(new Set(hostPorts).size).toBe(hostPorts.length);
});

test('who waits for another waits for one that says when it is well', () => {
  for (const [, { depends_on = {} }] of services) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(condition).toBe('service_healthy');
      expect(compose.services[name]?.healthcheck).toBeDefined();
    }
  }
  // The services' own check is in their image.
  const servers = services.filter(([name]) => !SERVICES.some((service) => service === name));
  for (const [name, { healthcheck }] of servers) expect([name, healthcheck]).not.toEqual([name, undefined]);
  expect(readFileSync(join(deploy, 'Dockerfile'), 'utf8')).toMatch(/^HEALTHCHECK .*$/m);
});

test('each has its limits', () => {
  for (const [name, service] of services) {
    expect([name, service.deploy?.resources?.limits]).toEqual([
      name,
      { cpus: expect.any(String), memory: expect.stringMatching(/^\d+[MG]$/) },
    ]);
  }
});

test('what is mounted is there, or kept in a volume that is declared', () => {
  const mounts = services.flatMap(([, { volumes = [] }]) => volumes);
  // The default is what counts here.
  const sources = mounts.map((mount) => mount.replace(/^\$\{\w+:-([^}]*)\}/, '$1').split(':')[0]!);
  const folders = sources.filter((source) => source.startsWith('.'));
  for (const folder of folders) expect([folder, existsSync(join(deploy, folder))]).toEqual([folder, true]);
  const named = sources.filter((source) => !source.startsWith('.'));
  expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
});

function hostOf(address: string): string {
  return address.includes('://') ? new URL(address).hostname : address.split(':')[0]!;
}
