import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Keeper } from '@millrace/tools/servers/keeper';
import { freePorts } from '@millrace/tools/servers/ports';
import { createServer } from '@millrace/tools/servers/server';

const NODES = 2;
const HOST = '127.0.0.1';
const READY = 'ok';
const run = promisify(execFile);

/**
 * A real API server with its controllers and scheduler, whose nodes and pods kwok plays: nothing runs in them, and what
 * is decided about them is real. It lives no longer than the keeper.
 * @param folder an empty one
 * @returns the path of its kubeconfig
 */
export async function startControlPlane(folder: string, path: string, keeper: Keeper): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ports = await freePorts(6);
  const [api, etcd, peers, controllers, scheduler, kwok] = ports as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const { kubeconfig, tokens, key, publicKey } = writeAccess(folder, api);
  const env = { ...process.env, PATH: path };
  const start = async (name: string, command: readonly string[], isReady: () => Promise<boolean>) => {
    const program = {
      kind: name,
      folder: join(folder, name),
      ports: [],
      address: '',
      command: [name, ...command],
      env,
    };
    await createServer({ ...program, isReady }, keeper).start();
  };
  const kubectl = (...args: string[]) => run('kubectl', ['--kubeconfig', kubeconfig, ...args], { env });

  const client = `http://${HOST}:${etcd}`;
  await start(
    'etcd',
    [
      ['--data-dir=.'],
      [`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
      // Nothing here has to last.
      [`--listen-peer-urls=http://${HOST}:${peers}`, '--unsafe-no-fsync'],
    ].flat(),
    () => answers(`${client}/health`),
  );
  await start(
    'kube-apiserver',
    [
      [
        `--etcd-servers=${client}`,
        `--bind-address=${HOST}`,
        `--advertise-address=${HOST}`,
        `--secure-port=${api}`,
      ],
      [
        '--cert-dir=.',
        `--token-auth-file=${tokens}`,
        '--authorization-mode=RBAC',
        '--endpoint-reconciler-type=none',
      ],
      [`--service-account-key-file=${publicKey}`, `--service-account-signing-key-file=${key}`],
      ['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.96.0.0/16'],
    ].flat(),
    async () => (await kubectl('get', '--raw', '/readyz').catch(() => null))?.stdout === READY,
  );
  const soon = async () => true;
  const elected = [
    `--kubeconfig=${kubeconfig}`,
    `--bind-address=${HOST}`,
    '--leader-elect=false',
    '--cert-dir=.',
  ];
  const signing = `--service-account-private-key-file=${key}`;
  await start('kube-controller-manager', [...elected, `--secure-port=${controllers}`, signing], soon);
  await start('kube-scheduler', [...elected, `--secure-port=${scheduler}`], soon);
  const simulation = [`--config=${join(import.meta.dirname, 'simulation.yaml')}`, '--manage-all-nodes=true'];
  const kwokServer = [`--server-address=${HOST}:${kwok}`, '--node-lease-duration-seconds=40'];
  await start('kwok', [`--kubeconfig=${kubeconfig}`, ...simulation, ...kwokServer], soon);

  const nodes = join(folder, 'nodes.json');
  const items = Array.from({ length: NODES }, (_, number) => node(`sim-${number}`, `zone-${number}`));
  writeFileSync(nodes, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl('create', '--filename', nodes);
  await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
  return kubeconfig;
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

function writeAccess(folder: string, port: number) {
  const place = (name: string, text: string | Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const token = randomBytes(16).toString('hex');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'sim', cluster: { server: `https://${HOST}:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'sim', context: { cluster: 'sim', user: 'admin' } }],
    'current-context': 'sim',
  };
  return {
    kubeconfig: place('kubeconfig', JSON.stringify(config, null, 2)),
    tokens: place('tokens.csv', `${token},admin,1,"system:masters"\n`),
    key: place('accounts.key', pair.privateKey),
    publicKey: place('accounts.pub', pair.publicKey),
  };
}

function node(name: string, zone: string) {
  const room = { cpu: '16', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  const annotations = { 'kwok.x-k8s.io/node': 'fake' };
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'topology.kubernetes.io/zone': zone,
  };
  const status = { allocatable: room, capacity: room };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, annotations, labels }, status };
}
