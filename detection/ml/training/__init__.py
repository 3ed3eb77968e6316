"""From labelled transactions to a candidate version: data set, training, checks, run as a job."""
