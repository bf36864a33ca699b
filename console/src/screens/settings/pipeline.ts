export interface Policy {
  automatic: boolean;
  score_min: number;
  grounded: boolean;
  trust_min: number;
  engagement_min: number;
  topics_held: string[];
  two_people: boolean;
}

export interface Pipeline {
  id: string;
  name: string;
  providers: string[];
  sentences_max: number;
  words_max: number;
  policy: Policy;
}
