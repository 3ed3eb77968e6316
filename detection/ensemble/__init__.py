"""The unsupervised ensemble: an Isolation Forest and a PCA autoencoder, standardised and averaged."""
