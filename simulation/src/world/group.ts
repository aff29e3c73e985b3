import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** How long a member may take to learn that its lanes have changed: until then it goes on, beside the new owner. */
const LEARN_MS = 1500;
/** How long the coordinator waits for a member that says nothing. */
const SESSION_MS = 2000;

/** A group's coordinator: shares the lanes of one topic among its members. */
export interface Group {
  join(member: Member): void;
  leave(member: Member): void;
  /** Deals the lanes anew among the same members, as when another pod comes and goes. */
  rebalance(): void;
}

export interface Member {
  readonly process: SimulatedProcess;
  /** These lanes and no others, from now on. */
  assigned(lanes: ReadonlySet<number>): void;
}

export function createGroup(name: string, lanes: number, network: Network): Group {
  const { random, scheduler } = network;
  let members: Member[] = [];
  let round = 0;

  function rebalance(): void {
    const current = ++round;
    const shares = new Map<Member, Set<number>>(members.map((member) => [member, new Set()]));
    const order = random.shuffled(members);
    for (let lane = 0; lane < lanes && order.length > 0; lane++)
      shares.get(order[lane % order.length]!)!.add(lane);
    for (const [member, share] of shares) {
      network.tell(
        member.process,
        `${name} deals ${member.process.name} ${[...share]}`,
        () => current === round && member.assigned(share),
        LEARN_MS,
      );
    }
    scheduler.after(SESSION_MS, `${name} looks for the silent`, () => expire(members));
  }

  /** Who can't answer loses its lanes; who was only paused finds out some time after it goes on, and joins again. */
  function expire(suspects: readonly Member[]): void {
    const silent = suspects.filter(
      (member) => member.process.state !== 'running' && members.includes(member),
    );
    if (silent.length === 0) return;
    members = members.filter((member) => !silent.includes(member));
    for (const member of silent) {
      network.tell(member.process, 'expired', () =>
        network.tell(member.process, 'expired', () => rejoin(member), LEARN_MS),
      );
    }
    rebalance();
  }

  function rejoin(member: Member): void {
    if (members.includes(member)) return;
    members.push(member);
    rebalance();
  }

  return {
    join(member) {
      members.push(member);
      rebalance();
    },
    leave(member) {
      members = members.filter((other) => other !== member);
      rebalance();
    },
    rebalance() {
      expire(members);
      rebalance();
    },
  };
}
