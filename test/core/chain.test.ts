import { Chain, Link } from '../../lib/core/chain';

class Member extends Link<Member> {
  constructor(readonly name: string) {
    super();
  }
}

function named(chain: Chain<Member>): string {
  return chain
    .all()
    .map(({ name }) => name)
    .join('');
}

function membersOf(chain: Chain<Member>, names: string): Member[] {
  const members = [...names].map((name) => new Member(name));
  for (const member of members) chain.add(member);
  return members;
}

test('an empty chain has no first member', () => {
  const chain = new Chain<Member>();
  expect(chain.first).toBeUndefined();
  expect(chain.all()).toEqual([]);
});

test('members stand in the order in which they came', () => {
  const chain = new Chain<Member>();
  membersOf(chain, 'abc');
  expect(named(chain)).toBe('abc');
  expect(chain.first?.name).toBe('a');
});

test.each([
  [0, 'bc'],
  [1, 'ac'],
  [2, 'ab'],
])('member %i of three leaves, and comes back behind the others', (at, rest) => {
  const chain = new Chain<Member>();
  const member = membersOf(chain, 'abc')[at];
  if (member === undefined) throw new Error('there are three');
  chain.remove(member);
  expect(named(chain)).toBe(rest);
  chain.add(member);
  expect(named(chain)).toBe(`${rest}${member.name}`);
});

test('the last one that leaves leaves nothing', () => {
  const chain = new Chain<Member>();
  for (const member of membersOf(chain, 'ab')) chain.remove(member);
  expect(chain.first).toBeUndefined();
  membersOf(chain, 'c');
  expect(named(chain)).toBe('c');
});

test('what leaves a chain can come to another', () => {
  const [one, other] = [new Chain<Member>(), new Chain<Member>()];
  for (const member of membersOf(one, 'ab')) {
    one.remove(member);
    other.add(member);
  }
  expect(named(other)).toBe('ab');
});
