/** What a tenant has. */
export type TenantSize = {
  campaigns: number;
  adsPerCampaign: number;
  days: number;
  leads: number;
  opportunities: number;
  sales: number;
};

export type Size = {
  tenants: number;
  reader: TenantSize;
  neighbour: TenantSize;
  /** Users of the reader's tenant: the limit is 60 a minute for each user and route. */
  readers: number;
  /** The simulated account of the sync bench; the worker reads its last 90 days. */
  sync: { campaigns: number; days: number };
  load: { rounds: number; seconds: number };
};

export const zone = "America/Argentina/Buenos_Aires";

export const full: Size = {
  tenants: 50,
  reader: { campaigns: 200, adsPerCampaign: 3, days: 400, leads: 20_000, opportunities: 6_000, sales: 3_000 },
  neighbour: { campaigns: 20, adsPerCampaign: 2, days: 100, leads: 400, opportunities: 120, sales: 60 },
  readers: 4_000,
  sync: { campaigns: 200, days: 120 },
  load: { rounds: 3, seconds: 3 },
};

/** For CI: the same path in seconds; its figures say nothing. */
export const short: Size = {
  tenants: 4,
  reader: { campaigns: 10, adsPerCampaign: 2, days: 40, leads: 400, opportunities: 120, sales: 60 },
  neighbour: { campaigns: 3, adsPerCampaign: 1, days: 20, leads: 40, opportunities: 12, sales: 6 },
  readers: 1_000,
  sync: { campaigns: 5, days: 100 },
  load: { rounds: 1, seconds: 1 },
};
