/** What a tenant has. A day is as busy in every world: only how far back they go, and how many neighbours there are, differs. */
export type TenantSize = {
  campaigns: number;
  adsPerCampaign: number;
  days: number;
  leadsPerDay: number;
  opportunitiesPerDay: number;
};

export type WorldSize = { reader: TenantSize; neighbours: number; neighbour: TenantSize };

export type Size = {
  small: WorldSize;
  large: WorldSize;
  /** Users of the reader's tenant: the limit is 60 a minute for each user and route. */
  readers: number;
  /** The simulated account of the sync bench; the worker reads its last 90 days. */
  sync: { campaigns: number; days: number };
  load: { connections: readonly number[]; rounds: number; seconds: number };
};

export const zone = "America/Argentina/Buenos_Aires";

const busy = { campaigns: 200, adsPerCampaign: 3, leadsPerDay: 200, opportunitiesPerDay: 60 };

/** A day has 801 insight rows: 100 days are 80 100 of them; 1 125 days (37 months) and twelve neighbours 2 006 505. */
export const full: Size = {
  small: { reader: { ...busy, days: 100 }, neighbours: 0, neighbour: { ...busy, days: 0 } },
  large: { reader: { ...busy, days: 1_125 }, neighbours: 12, neighbour: { ...busy, days: 115 } },
  readers: 4_000,
  sync: { campaigns: 200, days: 120 },
  load: { connections: [1, 16, 64], rounds: 3, seconds: 2 },
};

const quiet = { campaigns: 10, adsPerCampaign: 2, leadsPerDay: 10, opportunitiesPerDay: 4 };

/** For CI: the same path in seconds; its figures say nothing. */
export const short: Size = {
  small: { reader: { ...quiet, days: 70 }, neighbours: 0, neighbour: { ...quiet, days: 0 } },
  large: { reader: { ...quiet, days: 200 }, neighbours: 2, neighbour: { ...quiet, days: 70 } },
  readers: 1_000,
  sync: { campaigns: 5, days: 100 },
  load: { connections: [1, 16], rounds: 1, seconds: 1 },
};

export const insightRows = ({ campaigns, adsPerCampaign, days }: TenantSize): number =>
  (1 + campaigns + campaigns * adsPerCampaign) * days;
